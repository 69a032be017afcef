#include "diag.h"
#include "../enforcer/fail.h"
#include "../schemas/blob/view.h"
#include <stdlib.h>
