#include <stdlib.h>

int twice(void);
int twice(void) {
    int *memory = malloc(sizeof *memory);
    free(memory);
    free(memory);
    return 0;
}
