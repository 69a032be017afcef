int right(void) {
    return 0;
}
