#include "fail.h"
#include "diag.h"
#include "view.h"
#include <string.h>
#include <stdint.h>
#include <linux/seccomp.h>
