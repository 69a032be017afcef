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

int size(const char *text);
int size(const char *text) {
    return (int)strlen(text + 1) + (int)sizeof(sizeof(int));
}
