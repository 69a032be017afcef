/* TODO: later */
const char *a = "é";
