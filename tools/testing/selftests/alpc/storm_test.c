// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers and clients of several users do everything, and are killed at any instant, for
 * as long as one likes. Each message that anybody was told has arrived was seen once, by
 * one server, undamaged; nobody is left waiting; and when all of them are gone the kernel
 * has what it had before.
 *
 * A round is a storm of some seconds, or more on a slow machine, and a calm, in which nobody
 * is killed any more, all have to come to an end by themselves, and everything is looked at.
 * Whom to kill is drawn at random, or it is whoever is where the fewest were before, or a
 * process that has a server's port with others, who then receive what it leaves behind.
 *
 * ALPC_SEED makes the choices those of another run. What becomes of them is a matter of
 * when things happen.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include <kselftest_harness.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "rounds.h"
#include "storm.h"

enum {
	ROUNDS = 3,
	ROUND_SECONDS = 4,
	ROUND_KILLS = 20,	/* at least */
	LONG = 40,		/* rounds in which every state is reached */
	KILL_EVERY = 24,	/* ms between two kills, at most */
	PATIENCE = 60,		/* seconds, before it is told who does not end */
	NOISE = 2048,		/* KiB */
};

/* Processes of this program that have executed it go on where they were. */
static __attribute__((constructor)) void go_on(void)
{
	life_continue();
}

FIXTURE(storm)
{
	struct desk chance;		/* for what is drawn here */
	int servers[SERVERS], clients[CLIENTS];		/* their lives */
	int probe;			/* tells whether anybody has the other end */
	unsigned long kills, processes;
	struct left before;
};

static __u64 seed_of_run(void)
{
	const char *text = getenv("ALPC_SEED");

	return text ? strtoull(text, NULL, 0) : (__u64)monotonic_ns() % 1000000;
}

FIXTURE_SETUP(storm)
{
	int memory = memfd_create("storm", 0);

	ASSERT_LE(0, memory);
	ASSERT_EQ(0, ftruncate(memory, sizeof(*ledger)));
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	ASSERT_NE(MAP_FAILED, ledger);
	ledger->memory = memory;
	ledger->supervisor = getpid();
	ledger->seed = seed_of_run();
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	alpc_device();
	ASSERT_EQ(0, left_look(&self->before));
}

FIXTURE_TEARDOWN(storm)
{
}

/* --- a round --------------------------------------------------------------- */

/* A ledger without lives, and what they share. */
static bool round_begin(FIXTURE_DATA(storm) *self, int round)
{
	struct stat stat;
	int probe[2], i;

	memset(ledger->lives, 0, sizeof(ledger->lives));
	memset(ledger->conns, 0, sizeof(ledger->conns));
	memset(ledger->orphans, 0, sizeof(ledger->orphans));
	ledger->lives_used = 0;
	ledger->conns_used = 0;
	ledger->stop_clients = false;
	ledger->stop_servers = false;
	snprintf(ledger->prefix, sizeof(ledger->prefix), "storm.%d.%d", getpid(), round);
	self->chance.random = (ledger->seed + round + 1) * 0xd1342543de82ef95ULL;
	for (i = 0; i < SERVERS; i++)
		self->servers[i] = -1;
	for (i = 0; i < CLIENTS; i++)
		self->clients[i] = -1;
	if (pipe(probe) || fstat(probe[1], &stat) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ledger->swap))
		return false;
	self->probe = probe[0];
	ledger->probe = probe[1];
	ledger->probe_inode = stat.st_ino;
	return true;
}

/* Take note of a process that has ended. */
static void bury(FIXTURE_DATA(storm) *self, const siginfo_t *info)
{
	struct life *life = NULL;
	__u32 i;

	for (i = 0; i < ledger->lives_used && !life; i++) {
		if (ledger->lives[i].pid == info->si_pid && ledger->lives[i].state == LIVING)
			life = &ledger->lives[i];
	}
	if (info->si_code == CLD_EXITED ? info->si_status != 0 :
	    !life || !life->killed || info->si_status != SIGKILL)
		fault(life ? &life->desks[0] : NULL, "it ended with %d (%d)", info->si_status,
		      info->si_code);
	if (!life)
		return;
	self->processes++;
	if (info->si_code == CLD_KILLED) {
		self->kills++;
		count_killed(life);
	}
	for (i = 0; i < DESKS; i++)
		desk_settle(&life->desks[i]);
	life->state = ENDED;
	if (life->server)
		orphans_leave(life);
}

/* Whether there was one. */
static bool bury_one(FIXTURE_DATA(storm) *self, int options)
{
	siginfo_t info = {};

	if (waitid(P_ALL, 0, &info, WEXITED | options) || !info.si_pid)
		return false;
	bury(self, &info);
	return true;
}

/* Put somebody into the place of one who has ended. */
static void replace(FIXTURE_DATA(storm) *self, int *number, bool server, int slot)
{
	pid_t pid;

	if (*number >= 0 && ledger->lives[*number].state != ENDED)
		return;
	*number = life_new(server, slot);
	if (*number < 0)
		return;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fault(NULL, "no process: %s", strerror(errno));
	if (!pid) {
		close(self->probe);
		life_begin(*number);
	}
}

enum victim { ANYBODY, WHERE_FEWEST_WERE, WHO_SHARES_A_PORT, VICTIMS };

static struct life *any_victim(FIXTURE_DATA(storm) *self, enum victim whom)
{
	__u32 start = draw(&self->chance, ledger->lives_used), i, desk;
	__u64 least = ~0ULL;
	struct life *found = NULL;

	for (i = 0; i < ledger->lives_used; i++) {
		struct life *life = &ledger->lives[(start + i) % ledger->lives_used];

		if (__atomic_load_n(&life->state, __ATOMIC_ACQUIRE) != LIVING)
			continue;
		if (whom == ANYBODY || (whom == WHO_SHARES_A_PORT && life->siblings))
			return life;
		for (desk = 0; desk < DESKS; desk++) {
			enum storm_state state = state_now(&life->desks[desk]);

			if (state != STATES && ledger->reached[state] < least) {
				least = ledger->reached[state];
				found = life;
			}
		}
	}
	return found;
}

/* The instant in which the kernel is writing a message into its memory, if that comes. */
static void await_message(struct life *life)
{
	const volatile struct letter *in = letter_in(&life->desks[0]);
	const __u32 sum = in->sum;
	int i;

	for (i = 0; i < 20000 && in->sum == sum; i++)
		;
}

static void kill_somebody(FIXTURE_DATA(storm) *self)
{
	struct life *life = any_victim(self, draw(&self->chance, VICTIMS));
	siginfo_t info = {};

	if (!life)
		return;
	if (draw(&self->chance, 2))
		await_message(life);
	life->killed = true;
	if (life->server)
		__atomic_fetch_add(&ledger->kills[life->slot], 1, __ATOMIC_SEQ_CST);
	kill(life->pid, SIGKILL);
	/* It may have ended by itself just before. */
	if (!waitid(P_PID, life->pid, &info, WEXITED))
		bury(self, &info);
}

static void storm_once(FIXTURE_DATA(storm) *self)
{
	const long long end = monotonic_ns() + ROUND_SECONDS * NSEC_PER_SEC;
	const unsigned long kills = self->kills + ROUND_KILLS;
	int i;

	while ((monotonic_ns() < end || self->kills < kills) && ledger->lives_used < LIVES - 64) {
		for (i = 0; i < SERVERS; i++)
			replace(self, &self->servers[i], true, i);
		for (i = 0; i < CLIENTS; i++)
			replace(self, &self->clients[i], false, i);
		usleep(draw(&self->chance, KILL_EVERY * 1000));
		while (bury_one(self, WNOHANG))
			;
		kill_somebody(self);
	}
}

/* --- the calm -------------------------------------------------------------- */

static bool anybody_lives(bool servers)
{
	__u32 i;

	for (i = 0; i < ledger->lives_used; i++) {
		if (ledger->lives[i].state == LIVING && ledger->lives[i].server == servers)
			return true;
	}
	return false;
}

static void tell_faults(void)
{
	__u32 i;

	for (i = 0; i < ledger->faults && i < FAULTS; i++)
		fprintf(stderr, "# %s\n", ledger->report[i]);
}

static void tell_who_lives(const struct life *life)
{
	enum storm_state state = state_now(&life->desks[0]);
	const struct entry *entry;
	int i;

	fprintf(stderr, "# the %s %u, pid %d, does not end: at %u, %s\n",
		life->server ? "server" : "client", life->slot, life->pid, life->desks[0].at,
		state == STATES ? "" : state_name(state));
	for (i = 0; i < life->numbers; i++) {
		entry = &life->entries[i];
		if (entry->sent == SENT && !entry->got && !entry->withdrawn &&
		    (entry->kind & KIND_MASK) >= KIND_CALL)
			fprintf(stderr, "#   message %d of kind %x: seen by %u, answer %u\n", i,
				entry->kind, entry->seen, entry->answer);
	}
}

/* A hang: the suite will be ended from outside, which shows the stacks. */
static void tell_hang(void)
{
	__u32 i;

	for (i = 0; i < ledger->lives_used; i++) {
		if (ledger->lives[i].state == LIVING)
			tell_who_lives(&ledger->lives[i]);
	}
	tell_faults();
}

/* All end by themselves: clients first, since those of them that wait need servers. */
static void calm(FIXTURE_DATA(storm) *self)
{
	const long long late = monotonic_ns() + PATIENCE * NSEC_PER_SEC;
	bool told = false;

	__atomic_store_n(&ledger->stop_clients, true, __ATOMIC_RELEASE);
	while (anybody_lives(false)) {
		if (!bury_one(self, WNOHANG))
			usleep(1000);
		if (!told && monotonic_ns() > late) {
			told = true;
			tell_hang();
		}
	}
	__atomic_store_n(&ledger->stop_servers, true, __ATOMIC_RELEASE);
	while (bury_one(self, 0))
		;
}

/* Nobody has what was passed about, and nobody the names. */
static void look_at_rest(FIXTURE_DATA(storm) *self)
{
	struct pollfd probe = { .fd = self->probe };
	int slot, port;

	close(ledger->swap[0]);
	close(ledger->swap[1]);
	close(ledger->probe);
	/* What a process had in its hands when it died may be closed a little later. */
	if (poll(&probe, 1, PATIENCE * 1000) != 1 || !(probe.revents & POLLHUP))
		fault(NULL, "somebody has a descriptor that was sent");
	close(self->probe);
	for (slot = 0; slot < SERVERS; slot++) {
		port = alpc_create(server_name(slot));
		if (port < 0)
			fault(NULL, "the name of server %d: %d", slot, port);
		else
			close(port);
	}
}

/* What is freed after a grace period takes its time. */
static struct left await_left(const struct left *wanted)
{
	struct left left;
	int tries;

	for (tries = 0; tries < 50; tries++) {
		if (!left_look(&left) && left_is_same(&left, wanted))
			break;
		usleep(100000);
	}
	return left;
}

/* --- all of it ------------------------------------------------------------- */

static unsigned int tell_states(void)
{
	unsigned int never = 0;
	int i;

	for (i = 0; i < STATES; i++) {
		fprintf(stderr, "# %8llu  %s\n", (unsigned long long)ledger->reached[i],
			state_name(i));
		never += !ledger->reached[i];
	}
	return never;
}

static long memory_now(void)
{
	write_file("/proc/sys/vm/drop_caches", "3");
	return kernel_memory();
}

/* Likewise. */
static long await_memory(long wanted)
{
	long memory = memory_now();
	int tries;

	for (tries = 0; tries < 50 && memory - wanted >= NOISE; tries++) {
		usleep(100000);
		memory = memory_now();
	}
	return memory;
}

static void tell(FIXTURE_DATA(storm) *self, unsigned int round, unsigned int of)
{
	fprintf(stderr, "# storm: round %u of %u, seed %llu: %lu killed of %lu processes; ", round,
		of, (unsigned long long)ledger->seed, self->kills,
		self->processes);
	fprintf(stderr, "%llu messages seen, %llu answered, ",
		(unsigned long long)ledger->seen, (unsigned long long)ledger->answered);
	fprintf(stderr, "%llu datagrams arrived as acknowledged, ",
		(unsigned long long)ledger->delivered);
	fprintf(stderr, "%llu connections ended with the right count\n",
		(unsigned long long)ledger->ended);
	fprintf(stderr, "# storm: the kernel has %ld KiB for itself\n", memory_now());
}

TEST_F_TIMEOUT(storm, abuse_17_everybody_is_killed_at_any_instant, 36000)
{
	const unsigned int n = rounds(ROUNDS);
	const int fds = open_fds();
	unsigned int round, never;
	long memory = 0, after;
	struct left left;

	for (round = 0; round < n; round++) {
		ASSERT_TRUE(round_begin(self, round));
		storm_once(self);
		calm(self);
		ledger_audit();
		look_at_rest(self);
		left = await_left(&self->before);
		EXPECT_EQ(self->before.references, left.references);
		EXPECT_EQ(self->before.objects, left.objects);
		EXPECT_EQ(self->before.used, left.used);
		EXPECT_EQ(fds, open_fds());
		/* The first rounds have the kernel allocate what it keeps. */
		if (round == n / 3)
			memory = memory_now();
		if (round == n - 1 || !((round + 1) % 5))
			tell(self, round + 1, n);
		tell_faults();
		ASSERT_EQ(0, ledger->faults);
	}
	after = await_memory(memory);
	never = tell_states();
	TH_LOG("%ld KiB before, %ld KiB after, %u states not reached", memory, after, never);
	if (!kernel_finds_leaks())
		EXPECT_GT(NOISE, after - memory);
	if (n >= LONG)
		EXPECT_EQ(0, never);
}

TEST_HARNESS_MAIN
