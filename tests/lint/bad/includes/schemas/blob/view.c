#include "fail.h"
