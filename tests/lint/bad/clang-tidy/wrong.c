#include <stdlib.h>
#include <string.h>

int leak(int number);
int leak(int number) {
    int *memory = malloc(sizeof *memory);
    if (!memory) return 0;
    if (number < 0) return 1;
    free(memory);
    return 0;
}

int same(const char *left, const char *right);
int same(const char *left, const char *right) {
    return strcmp(left, right) == 1;
}
