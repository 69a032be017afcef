int beyond(void);
int beyond(void) {
    int numbers[4] = {0};
    // cppcheck-suppress unreadVariable ; another finding than this one
    return numbers[4];
}
