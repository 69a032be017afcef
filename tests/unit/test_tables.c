/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups over the generated tables, facts picked by hand, and every number against libseccomp. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "../../compiler/tables/tables.h"

static const struct rf_syscall *call(const char *name) {
    const struct rf_syscall *found = rf_syscall_find(name, strlen(name));
    if (!found) fail_msg("no call %s", name);
    return found;
}

static void assert_constant(enum rf_machine machine, const char *name, uint64_t expected) {
    uint64_t value = ~expected;
    if (!rf_constant_find(machine, name, strlen(name), &value)) fail_msg("no constant %s", name);
    if (value != expected) fail_msg("%s is %#llx", name, (unsigned long long)value);
}

static bool has_constant(enum rf_machine machine, const char *name) {
    uint64_t value;
    return rf_constant_find(machine, name, strlen(name), &value);
}

static void machines_are_those_of_audit_h(void **state) {
    (void)state;
    assert_string_equal(rf_machine_info[RF_X86_64].name, "x86_64");
    assert_string_equal(rf_machine_info[RF_AARCH64].name, "aarch64");
    assert_string_equal(rf_machine_info[RF_RISCV64].name, "riscv64");
    assert_int_equal(rf_machine_info[RF_X86_64].audit_arch, AUDIT_ARCH_X86_64);
    assert_int_equal(rf_machine_info[RF_AARCH64].audit_arch, AUDIT_ARCH_AARCH64);
    assert_int_equal(rf_machine_info[RF_RISCV64].audit_arch, AUDIT_ARCH_RISCV64);
    assert_int_equal(rf_machine_info[RF_I386].audit_arch, AUDIT_ARCH_I386);
    assert_int_equal(rf_machine_info[RF_X32].audit_arch, AUDIT_ARCH_X86_64);
    assert_int_equal(rf_machine_info[RF_ARM].audit_arch, AUDIT_ARCH_ARM);
    for (unsigned abi = 0; abi < RF_ABIS; abi++) {
        enum rf_machine carrier = rf_machine_info[abi].carrier;
        assert_true(carrier < RF_MACHINES && (carrier == abi) == (abi < RF_MACHINES));
        assert_int_equal(rf_machine_info[abi].bits, abi < RF_MACHINES ? 64 : 32);
    }
}

static void every_call_is_found_by_name_and_number(void **state) {
    (void)state;
    assert_true(rf_syscall_count > 470);
    for (size_t i = 0; i < rf_syscall_count; i++) {
        const struct rf_syscall *entry = &rf_syscalls[i];
        if (i) assert_true(strcmp(rf_syscalls[i - 1].name, entry->name) < 0);
        assert_ptr_equal(call(entry->name), entry);
        assert_in_range(entry->since, RF_RELEASE(2, 6), RF_NEWEST_KERNEL);
        for (int m = 0; m < RF_ABIS; m++)
            if (entry->number[m] >= 0)
                assert_ptr_equal(rf_syscall_by_number((enum rf_machine)m, (uint32_t)entry->number[m]), entry);
    }
}

static void a_number_without_a_call_is_not_found(void **state) {
    (void)state;
    for (int m = 0; m < RF_ABIS; m++) {
        size_t found = 0, expected = 0;
        uint32_t base = m == RF_X32 ? RF_X32_BIT : 0;
        for (uint32_t number = 0; number < RF_ARM_PRIVATE + 2000; number++) {
            const struct rf_syscall *entry = rf_syscall_by_number((enum rf_machine)m, base + number);
            if (!entry) continue;
            assert_int_equal(entry->number[m], base + number);
            found++;
        }
        for (size_t i = 0; i < rf_syscall_count; i++) expected += rf_syscalls[i].number[m] >= 0;
        assert_int_equal(found, expected);
        if (m < RF_MACHINES) assert_null(rf_syscall_by_number((enum rf_machine)m, 423));
        assert_null(rf_syscall_by_number((enum rf_machine)m, base + 472));
        assert_null(rf_syscall_by_number((enum rf_machine)m, m == RF_X32 ? 0 : 0x40000000u));
        assert_null(rf_syscall_by_number((enum rf_machine)m, 0x80000000u));
        assert_null(rf_syscall_by_number((enum rf_machine)m, UINT32_MAX));
    }
}

static void only_the_whole_name_counts(void **state) {
    (void)state;
    assert_null(rf_syscall_find("", 0));
    assert_null(rf_syscall_find("soc", 3));
    assert_null(rf_syscall_find("socketx", 7));
    assert_null(rf_syscall_find("Socket", 6));
    assert_null(rf_syscall_find("zzz", 3));
    assert_null(rf_syscall_find("socket\0", 7));
    assert_null(rf_syscall_find("\0", 1));
    assert_ptr_equal(rf_syscall_find("socketpair", 6), call("socket"));
    assert_null(rf_group_find("@ipc", 4));
    assert_int_equal(rf_errno_find("EPER", 4), 0);
    assert_false(has_constant(RF_X86_64, "AF_UNI"));
    assert_false(has_constant(RF_X86_64, ""));
}

static void numbers_known_by_heart(void **state) {
    (void)state;
    const struct {
        const char *name;
        int32_t number[RF_ABIS]; /* x86_64, aarch64, riscv64, i386, x32, arm */
        uint32_t since;
    } facts[] = {
#define X32(n) ((int32_t)RF_X32_BIT + (n))
        {"read", {0, 63, 63, 3, X32(0), 3}, RF_RELEASE(2, 6)},
        {"socket", {41, 198, 198, 359, X32(41), 281}, RF_RELEASE(2, 6)},
        {"open", {2, -1, -1, 5, X32(2), 5}, RF_RELEASE(2, 6)},
        {"renameat", {264, 38, -1, 302, X32(264), 329}, RF_RELEASE(2, 6)},
        {"execve", {59, 221, 221, 11, X32(520), 11}, RF_RELEASE(2, 6)},
        {"riscv_hwprobe", {-1, -1, 258, -1, -1, -1}, RF_RELEASE(6, 4)},
        {"uretprobe", {335, -1, -1, -1, X32(335), -1}, RF_RELEASE(6, 11)},
        {"clone3", {435, 435, 435, 435, X32(435), 435}, RF_RELEASE(5, 3)},
        {"openat2", {437, 437, 437, 437, X32(437), 437}, RF_RELEASE(5, 6)},
        {"statmount", {457, 457, 457, 457, X32(457), 457}, RF_RELEASE(6, 8)},
        {"rseq_slice_yield", {471, 471, 471, 471, X32(471), 471}, RF_RELEASE(7, 0)},
        {"socketcall", {-1, -1, -1, 102, -1, -1}, RF_RELEASE(2, 6)},
        {"mmap2", {-1, -1, -1, 192, -1, 192}, RF_RELEASE(2, 6)},
        {"clock_gettime64", {-1, -1, -1, 403, -1, 403}, RF_RELEASE(5, 1)},
        {"set_tls", {-1, -1, -1, -1, -1, 0xf0005}, RF_RELEASE(2, 6)},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        assert_memory_equal(call(facts[i].name)->number, facts[i].number, sizeof facts[i].number);
        assert_int_equal(call(facts[i].name)->since, facts[i].since);
    }
}

static void arguments_have_the_kernels_width(void **state) {
    (void)state;
    const struct {
        const char *call;
        size_t index;
        struct rf_sysarg argument;
    } facts[] = {
        {"socket", 0, {"domain", 32, true, false}},
        {"socket", 2, {"protocol", 32, true, false}},
        {"chmod", 1, {"mode", 16, false, false}},
        {"clone", 0, {"flags", 32, false, false}},
        {"mmap", 2, {"prot", 64, false, false}},
        {"mmap", 4, {"fd", 32, true, false}},
        {"unshare", 0, {"flags", 64, false, false}},
        {"personality", 0, {"persona", 32, false, false}},
        {"ioctl", 1, {"cmd", 32, false, false}},
        {"prctl", 0, {"option", 32, true, false}},
        {"prctl", 1, {"arg2", 64, false, false}},
        {"openat", 1, {"path", 64, false, true}},
        {"lseek", 1, {"offset", 64, true, false}},
        {"setuid", 0, {"uid", 32, false, false}},
        {"ptrace", 0, {"request", 64, true, false}},
        {"kill", 0, {"pid", 32, true, false}},
        {"clone", 4, {"tls_or_child_tid", 64, false, true}},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const struct rf_syscall *entry = call(facts[i].call);
        assert_true(entry->args.known && facts[i].index < entry->args.count);
        const struct rf_sysarg *argument = &entry->args.list[facts[i].index];
        assert_string_equal(argument->name, facts[i].argument.name);
        assert_int_equal(argument->width, facts[i].argument.width);
        assert_int_equal(argument->is_signed, facts[i].argument.is_signed);
        assert_int_equal(argument->is_pointer, facts[i].argument.is_pointer);
    }
    assert_true(call("vserver")->args.known && call("vserver")->args.count == 0); /* no kernel reads any */
    assert_true(call("getpid")->args.known && call("getpid")->args.count == 0);
    for (size_t i = 0; i < rf_syscall_count; i++)
        for (size_t a = 0; a < 6; a++)
            assert_int_equal(rf_syscalls[i].args.list[a].name != NULL, a < rf_syscalls[i].args.count);
}

static void constants_differ_by_machine(void **state) {
    (void)state;
    assert_constant(RF_X86_64, "O_DIRECTORY", 0200000);
    assert_constant(RF_AARCH64, "O_DIRECTORY", 040000);
    assert_constant(RF_RISCV64, "O_DIRECTORY", 0200000);
    assert_constant(RF_X86_64, "O_DIRECT", 040000);
    assert_constant(RF_AARCH64, "O_DIRECT", 0200000);
    assert_constant(RF_X86_64, "O_NOFOLLOW", 0400000);
    assert_constant(RF_AARCH64, "O_NOFOLLOW", 0100000);
    assert_constant(RF_X86_64, "O_LARGEFILE", 0100000);
    assert_constant(RF_AARCH64, "O_LARGEFILE", 0400000);
    assert_constant(RF_X86_64, "MAP_32BIT", 0x40);
    assert_false(has_constant(RF_AARCH64, "MAP_32BIT"));
    assert_constant(RF_AARCH64, "PROT_BTI", 0x10);
    assert_false(has_constant(RF_X86_64, "PROT_BTI"));
    assert_constant(RF_X86_64, "ARCH_SET_FS", 0x1002);
    assert_false(has_constant(RF_RISCV64, "ARCH_SET_FS"));
}

static void constants_that_policies_use(void **state) {
    (void)state;
    const struct {
        const char *name;
        uint64_t value;
    } facts[] = {
        {"AF_UNIX", 1},
        {"AF_VSOCK", 40},
        {"SOCK_STREAM", 1},
        {"SOCK_CLOEXEC", 02000000},
        {"IPPROTO_ICMPV6", 58},
        {"O_CREAT", 0100},
        {"CLONE_NEWUSER", 0x10000000},
        {"CLONE_NEWTIME", 0x80},
        {"PROT_EXEC", 4},
        {"MAP_FIXED", 0x10},
        {"S_ISUID", 04000},
        {"TIOCSTI", 0x5412},
        {"TIOCLINUX", 0x541c},
        {"TCSETS", 0x5402},
        {"FIONREAD", 0x541b},
        {"PR_SET_NAME", 15},
        {"F_DUPFD_CLOEXEC", 1030},
        {"MADV_HWPOISON", 100},
        {"SEEK_HOLE", 4},
        {"SIGKILL", 9},
        {"PER_LINUX32", 8},
        {"UNAME26", 0x20000},
        {"BPF_PROG_LOAD", 5},
        {"KEYCTL_READ", 11},
        {"PTRACE_SEIZE", 0x4206},
        {"MSG_NOSIGNAL", 0x4000},
        {"SO_PEERCRED", 17},
        {"SOL_TCP", 6},
        {"AT_FDCWD", (uint64_t)-100},
        {"LOCK_EX", 2},
        {"RLIMIT_NOFILE", 7},
        {"FUTEX_WAKE", 1},
        {"MS_REMOUNT", 32},
        {"MNT_DETACH", 2},
        {"CLOCK_BOOTTIME", 7},
        {"ADDR_NO_RANDOMIZE", 0x40000},
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        for (int m = 0; m < RF_MACHINES; m++) assert_constant((enum rf_machine)m, facts[i].name, facts[i].value);
}

static void constant_names_can_be_walked(void **state) {
    (void)state;
    size_t count = 0;
    for (const char *name; (name = rf_constant_name(count)); count++) {
        if (count) assert_true(strcmp(rf_constant_name(count - 1), name) < 0);
        assert_true(has_constant(RF_X86_64, name) || has_constant(RF_AARCH64, name) || has_constant(RF_RISCV64, name));
    }
    assert_true(count > 1500);
    assert_null(rf_constant_name(count));
    assert_null(rf_constant_name(SIZE_MAX));
}

/* Marks every call that the group names, itself or by way of others. */
static void expand(const char *name, size_t length, int depth, bool *marked) {
    assert_in_range(depth, 0, 10);
    const struct rf_group_info *group = rf_group_find(name, length);
    if (!group) {
        fail_msg("no group %.*s", (int)length, name);
        return;
    }
    assert_true(group->count > 0 && group->why[0]);
    for (size_t i = 0; i < group->count; i++) {
        const struct rf_group_line *line = &group->lines[i];
        if (line->name[0] == '@') {
            expand(line->name + 1, strlen(line->name + 1), depth + 1, marked);
            continue;
        }
        const struct rf_syscall *entry = call(line->name);
        assert_in_range(line->since, entry->since, RF_NEWEST_KERNEL);
        marked[entry - rf_syscalls] = true;
    }
}

static void every_call_is_in_a_group(void **state) {
    (void)state;
    bool marked[1024] = {false};
    assert_in_range(rf_syscall_count, 1, 1024);
    for (size_t i = 0; i < rf_group_count; i++) {
        if (i) assert_true(strcmp(rf_groups[i - 1].name, rf_groups[i].name) < 0);
        expand(rf_groups[i].name, strlen(rf_groups[i].name), 0, marked);
    }
    for (size_t i = 0; i < rf_syscall_count; i++)
        if (!marked[i]) fail_msg("%s is in no group", rf_syscalls[i].name);
}

static void a_service_administers_nothing(void **state) {
    (void)state;
    bool marked[1024] = {false};
    expand("system-service", strlen("system-service"), 0, marked);
    const char *in[] = {"read", "execve", "socket", "futex", "mmap", "ioctl", "rt_sigaction", "epoll_wait", "setuid"};
    const char *out[] = {"ptrace",         "mount",  "bpf",     "keyctl",          "unshare",     "setns",
                         "io_uring_setup", "reboot", "swapon",  "perf_event_open", "init_module", "kexec_load",
                         "settimeofday",   "iopl",   "add_key", "userfaultfd",     "pidfd_getfd", "chroot"};
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) assert_true(marked[call(in[i]) - rf_syscalls]);
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) assert_false(marked[call(out[i]) - rf_syscalls]);
}

static void errno_names_both_ways(void **state) {
    (void)state;
    assert_int_equal(rf_errno_find("EPERM", 5), 1);
    assert_int_equal(rf_errno_find("ENOSYS", 6), 38);
    assert_int_equal(rf_errno_find("EWOULDBLOCK", 11), 11);
    assert_int_equal(rf_errno_find("ENOTSUP", 7), 95);
    assert_int_equal(rf_errno_find("EFOO", 4), 0);
    assert_string_equal(rf_errno_name(11), "EAGAIN");
    assert_string_equal(rf_errno_name(95), "EOPNOTSUPP");
    assert_string_equal(rf_errno_name(133), "EHWPOISON");
    assert_null(rf_errno_name(0));
    assert_null(rf_errno_name(41));
    assert_null(rf_errno_name(135));
    assert_null(rf_errno_name(UINT32_MAX));
    size_t count = 0;
    for (const char *name; (name = rf_errno_at(count)); count++) {
        uint32_t value = rf_errno_find(name, strlen(name));
        assert_in_range(value, 1, 134);
        assert_non_null(rf_errno_name(value));
    }
    assert_true(count > 130);
    assert_null(rf_errno_at(count));
}

static const struct rf_sysarg *argument(const char *name, enum rf_machine abi, size_t index) {
    const struct rf_sysargs *args = rf_syscall_args(call(name), abi);
    assert_true(args->known && index < args->count);
    return &args->list[index];
}

static void arguments_of_32_bit_abis(void **state) {
    (void)state;
    assert_int_equal(argument("lseek", RF_X86_64, 1)->width, 64);
    assert_int_equal(argument("lseek", RF_I386, 1)->width, 32);
    assert_true(argument("lseek", RF_I386, 1)->is_signed);
    assert_int_equal(argument("setuid", RF_AARCH64, 0)->width, 32);
    assert_int_equal(argument("setuid", RF_ARM, 0)->width, 16);
    assert_int_equal(argument("setuid32", RF_I386, 0)->width, 32);
    assert_int_equal(argument("chown", RF_I386, 2)->width, 16);
    assert_int_equal(argument("fchmodat", RF_I386, 2)->width, 16);
    assert_true(argument("execve", RF_I386, 0)->is_pointer);
    /* x32 enters by x86_64's doors, but for its own behind 512 */
    assert_int_equal(argument("mmap", RF_X32, 1)->width, 64);
    assert_int_equal(argument("setuid", RF_X32, 0)->width, 32);
    assert_int_equal(argument("recvfrom", RF_X32, 2)->width, 32);
    static const char *const split[] = {"mmap", "select", "pread64", "fallocate", "sync_file_range", "fanotify_mark"};
    for (size_t i = 0; i < sizeof split / sizeof *split; i++) {
        assert_true(rf_syscall_args(call(split[i]), RF_X86_64)->known);
        assert_false(rf_syscall_args(call(split[i]), RF_I386)->known);
        assert_false(rf_syscall_args(call(split[i]), RF_ARM)->known);
    }
    for (size_t i = 0; i < rf_syscall_count; i++)
        for (uint8_t a = 0; a < rf_syscalls[i].args32.count; a++)
            assert_true(rf_syscalls[i].args32.list[a].width <= 32);
}

/* libseccomp answers -1 for a name it does not know, less for one that it knows of other machines only. */
static void numbers_agree_with_libseccomp(void **state) {
    (void)state;
    const uint32_t arch[RF_ABIS] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_RISCV64,
                                    SCMP_ARCH_X86,    SCMP_ARCH_X32,     SCMP_ARCH_ARM};
    size_t compared = 0;
    for (size_t i = 0; i < rf_syscall_count; i++) {
        for (int m = 0; m < RF_ABIS; m++) {
            int theirs = seccomp_syscall_resolve_name_arch(arch[m], rf_syscalls[i].name);
            if (theirs == __NR_SCMP_ERROR) continue;
            /* what it calls by way of socketcall and ipc has no number for it; and it leaves out one of x32 */
            if (m == RF_I386 && theirs <= -100 && theirs > -300) continue;
            if (m == RF_X32 && strcmp(rf_syscalls[i].name, "map_shadow_stack") == 0) continue;
            compared++;
            if ((theirs < 0 ? -1 : theirs) != rf_syscalls[i].number[m])
                fail_msg("%s on %s: %d for libseccomp", rf_syscalls[i].name, rf_machine_info[m].name, theirs);
        }
    }
    assert_true(compared > 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_are_those_of_audit_h),
        cmocka_unit_test(every_call_is_found_by_name_and_number),
        cmocka_unit_test(a_number_without_a_call_is_not_found),
        cmocka_unit_test(only_the_whole_name_counts),
        cmocka_unit_test(numbers_known_by_heart),
        cmocka_unit_test(arguments_have_the_kernels_width),
        cmocka_unit_test(arguments_of_32_bit_abis),
        cmocka_unit_test(constants_differ_by_machine),
        cmocka_unit_test(constants_that_policies_use),
        cmocka_unit_test(constant_names_can_be_walked),
        cmocka_unit_test(every_call_is_in_a_group),
        cmocka_unit_test(a_service_administers_nothing),
        cmocka_unit_test(errno_names_both_ways),
        cmocka_unit_test(numbers_agree_with_libseccomp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
