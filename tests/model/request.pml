/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of one request: sent, received, answered, cancelled by either side,
 * given up, and the ends of both sides.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 *
 * A model of drivers/alpc. What bears the name of a function there does what that
 * does to the message and to those who wait; what the port's lock holds together
 * is one atomic step. Everything else - copying, falling asleep, waking, which is
 * done after the lock is released - happens between the steps of others.
 *
 * Of these there are: the thread that sends (a call, or with ASYNC a request
 * without waiting), with ASYNC another one at its port, one that cancels, two
 * threads that receive at the server (with ASYNC one, to have fewer states), and the
 * end of the connection. Whatever a
 * thread could do, and whether its time is over or a signal comes, is left open:
 * spin tries it all.
 *
 * It asserts that one thing is decided about the request, and told to each side
 * once; that no thread is given a second result, or one when it waits no more; that
 * the message is freed once, and not touched afterwards. Every run has to come to
 * its end: there is no cycle, and no state in which a thread is left waiting.
 *
 * With BREAK_* one line is as it must not be, and spin has to find out.
 */

#define THREADS		4	/* that wait for something */
#define SENDER		0
#define COLLECTOR	1
#define RECEIVER(i)	(2 + (i))
#define NOBODY		255
#ifndef TRIES
#define TRIES		1	/* to get the reply to an asynchronous request */
#endif

/* enum alpc_state; alpc_message.type */
mtype:state = { QUEUED, PENDING, REPLYING, CANCELED_, DONE };
mtype:type = { REQUEST, REPLY, NOTICE };	/* NOTICE: of type ALPC_CANCELED */
/* alpc_waiter.state */
mtype:waiter = { AWAKE, ASLEEP, GIVEN };
mtype:result = { OK, EINPROGRESS, EAGAIN, EALREADY, EBUSY, ECANCELED, EPIPE,
		 ESHUTDOWN, ESRCH, ETIMEDOUT };
/* What was decided about the request. */
mtype:decision = { NOTHING, ANSWERED, BY_SENDER, BY_RECEIVER, BY_END };

/* The message. */
mtype:state state = DONE;
mtype:type type = REQUEST;
byte ref = 0;
bool freed = false;
bool sent = false;		/* in alpc_end.sent */
bool pending = false;		/* in the receiving side's alpc_queue.pending */
bool queued = false;		/* in the queue of the receiving side */
bool returned = false;		/* in the queue of the sending side */
byte caller = NOBODY;		/* alpc_message.caller */

/* Those who wait: alpc_waiter, and the scheduler's view of its thread. */
mtype:waiter waiter[THREADS] = AWAKE;
mtype:result error[THREADS] = OK;
bool waiting[THREADS] = false;	/* its alpc_waiter exists */
bool runs[THREADS] = true;	/* not in TASK_INTERRUPTIBLE */
bool receiving[THREADS] = false;	/* in alpc_queue.receivers */
mtype:type handed[THREADS] = REQUEST;	/* alpc_waiter.delivery */

bool closed = false;		/* alpc_conn.state */
bool stopped = false;		/* alpc_queue.stopped */

/* What the assertions are about. */
mtype:decision decided = NOTHING;
bool taken = false;		/* it had been received when its sender cancelled */
bool told_receiver = false;	/* that it was cancelled */
bool told_sender = false;	/* the reply, or that it was cancelled */
bool dropped = false;		/* what was to be told, at the end of a port */
bool known = false;		/* somebody has seen its id */
byte busy = 0;			/* threads of the sending side */
bool patient;			/* they wait until the connection ends */

inline decide(what)
{
	assert(decided == NOTHING);
	decided = what
}

inline tell_receiver()
{
	assert(!told_receiver);
	told_receiver = true
}

inline tell_sender()
{
	assert(!told_sender);
	told_sender = true
}

inline touch()
{
	assert(!freed && ref > 0)
}

inline alpc_message_put()
{
	touch();
	ref--;
	if
	:: ref == 0 ->
		assert(!sent && !pending && !queued && !returned &&
		       caller == NOBODY);
		freed = true
	:: else
	fi
}

/* Out of everything; the reference of the state is dropped. */
inline alpc_message_remove()
{
	queued = false;
	returned = false;
	pending = false;
	sent = false;
	state = DONE;
	alpc_message_put()
}

inline alpc_waiter_give(w, result)
{
	assert(waiting[w] && waiter[w] != GIVEN);
	error[w] = result;
	if
	:: waiter[w] == ASLEEP ->
		/* One is woken without the lock, any others at once. */
		if
		:: wake != NOBODY -> runs[wake] = true
		:: else
		fi;
		wake = w
	:: else
	fi;
	waiter[w] = GIVEN
}

/* Outside the lock. */
inline alpc_wake_flush()
{
	if
	:: wake != NOBODY -> runs[wake] = true; wake = NOBODY
	:: else
	fi
}

inline alpc_waiter_init(w)
{
	waiting[w] = true
}

/* The thread takes its result; what it leaves makes no difference to states. */
inline take_result(w0)
{
	ret = error[w0];
	waiting[w0] = false;
	waiter[w0] = AWAKE;
	error[w0] = OK
}

/*
 * Until it was given a result, or, unless it is patient, gives up: its time is
 * over, or a signal comes. Outside the lock. That it was woken is in runs[].
 */
inline alpc_sleep(w, never_gives_up)
{
	gives_up = false;
	do
	:: true ->
		runs[w] = false;
#ifdef BREAK_SLEEP
		if
		:: waiter[w] == GIVEN -> runs[w] = true; break
		:: else
		fi;
		waiter[w] = ASLEEP;
#else
		atomic {	/* cmpxchg() */
			if
			:: waiter[w] == GIVEN -> runs[w] = true; break
			:: else -> waiter[w] = ASLEEP
			fi
		};
#endif
		if
		:: runs[w]
		:: !never_gives_up -> runs[w] = true; gives_up = true; break
		fi
	od
}

/* The same for receivers, who fall asleep in one step: that is looked at above. */
inline alpc_sleep_receiver(w)
{
	atomic {
		if
		:: waiter[w] == GIVEN
		:: else -> waiter[w] = ASLEEP; runs[w] = false
		fi
	};
	runs[w]
}

inline alpc_deliver(w)
{
	touch();
	if
	:: state == CANCELED_ ->
		handed[w] = NOTICE;
		pending = false;
		sent = false;
		state = DONE;
	:: else ->
		handed[w] = REQUEST;
		state = PENDING;
		pending = true;
		known = true;
		ref++
	fi
}

/* To the thread that began to wait last; which of the two that was is left open. */
inline alpc_queue_post()
{
	if
	:: receiving[RECEIVER(0)] ->
		receiving[RECEIVER(0)] = false;
		alpc_deliver(RECEIVER(0));
		alpc_waiter_give(RECEIVER(0), OK)
	:: receiving[RECEIVER(1)] ->
		receiving[RECEIVER(1)] = false;
		alpc_deliver(RECEIVER(1));
		alpc_waiter_give(RECEIVER(1), OK)
	:: !receiving[RECEIVER(0)] && !receiving[RECEIVER(1)] ->
		queued = true
	fi
}

/* --- cancel.c: the sending side ------------------------------------------- */

/* For a timeout, a signal, and a cancellation by command. */
inline alpc_call_cancel()
{
	touch();
	decide(BY_SENDER);
	caller = NOBODY;
	if
	:: state == PENDING ->
		taken = true;
		state = CANCELED_;
		alpc_queue_post()
	:: state == REPLYING ->
		/* The thread that answers finds it out: alpc_request_check(). */
		taken = true;
		alpc_message_remove();
		state = CANCELED_
	:: state == QUEUED ->
		alpc_message_remove()
	:: else ->
		assert(false)
	fi
}

inline alpc_cancel_sent()
{
#ifdef BREAK_LOCK
	/* Looks, and comes back later to do it. */
	bool can;

	can = sent && type == REQUEST && state != CANCELED_;
	if
	:: can ->
#else
	if
	:: sent && type == REQUEST && state != CANCELED_ ->
#endif
		w = caller;
		atomic {
			alpc_call_cancel();
			if
			:: w != NOBODY -> alpc_waiter_give(w, ECANCELED); w = NOBODY
			:: else
			fi
		};
		ret = OK
	:: sent && type == REPLY ->
		assert(decided == ANSWERED);
		ret = EALREADY
	:: sent && type == NOTICE ->
		assert(decided == BY_RECEIVER);
		tell_sender();
		alpc_message_remove();
		ret = ECANCELED
	:: else ->
		ret = ESRCH
	fi
}

/* --- reply.c: the sending side -------------------------------------------- */

/* The message is the waiting thread's from now on. */
inline alpc_deliver_reply(w)
{
	touch();
	handed[w] = REPLY;
	caller = NOBODY;
	returned = false;
	sent = false;
	state = DONE
}

inline alpc_reply_await(w)
{
	if
	:: !sent || (type == REQUEST && state == CANCELED_) ->
		ret = (closed -> EPIPE : ESRCH)
	:: sent && caller != NOBODY ->
		ret = EBUSY
	:: sent && caller == NOBODY && type == REQUEST && state != CANCELED_ ->
		alpc_waiter_init(w);
		caller = w;
		ret = EINPROGRESS
	:: sent && caller == NOBODY && type == REPLY ->
		alpc_deliver_reply(w);
		ret = OK
	:: sent && caller == NOBODY && type == NOTICE ->
		tell_sender();
		alpc_message_remove();
		ret = ECANCELED
	fi
}

/* --- reply.c: the receiving side ------------------------------------------ */

inline alpc_request_find()
{
	if
	:: !pending -> ret = ESRCH
	:: pending && state == CANCELED_ ->
		/* Who is told that it was cancelled need not receive the notice. */
		tell_receiver();
#ifndef BREAK_NOTICE
		alpc_message_remove();
#endif
		ret = ECANCELED
	:: pending && state == PENDING -> ret = OK
	:: pending && state != PENDING && state != CANCELED_ -> ret = ESRCH
	fi
}

inline alpc_request_claim()
{
	alpc_request_find();
	if
	:: ret == OK ->
		state = REPLYING;
#ifndef BREAK_REFERENCE
		ref++
#endif
	:: else
	fi
}

inline alpc_request_check()
{
#ifdef BREAK_CHECK
	ret = OK;
#else
	if
	:: state == REPLYING -> ret = OK
	:: state == CANCELED_ -> tell_receiver(); ret = ECANCELED
	:: else -> ret = EPIPE
	fi
#endif
}

inline alpc_request_unclaim()
{
	touch();
	alpc_request_check();
	if
	:: ret == OK -> state = PENDING
	:: else
	fi;
	alpc_message_put()
}

inline alpc_reply_commit()
{
	touch();
	alpc_request_check();
	if
	:: ret == OK ->
		decide(ANSWERED);
		pending = false;
#ifndef BREAK_REFERENCE
		ref--;
#endif
		w = caller;
		type = REPLY;
		if
		:: w != NOBODY ->
			alpc_deliver_reply(w);
			alpc_waiter_give(w, OK);
			w = NOBODY
		:: else ->
			state = QUEUED;
			returned = true
		fi
	:: else ->
		alpc_message_put()
	fi
}

inline alpc_request_reject()
{
	alpc_request_find();
	if
	:: ret == OK ->
		decide(BY_RECEIVER);
		w = caller;
#ifdef BREAK_REJECT
		w = NOBODY;
#endif
		if
		:: w != NOBODY ->
			/* alpc_request_settle() */
			caller = NOBODY;
			alpc_message_remove();
			alpc_waiter_give(w, ECANCELED);
			w = NOBODY
		:: else ->
			/* alpc_request_return() */
			pending = false;
			type = NOTICE;
			state = QUEUED;
			returned = true
		fi
	:: else
	fi
}

/* The receiver could not copy it out. */
inline alpc_deliver_undo()
{
	touch();
	if
	:: pending && state == PENDING ->
		pending = false;
		state = QUEUED;
		alpc_queue_post()
	:: pending && state == CANCELED_ ->
		/* Who never saw the request need not hear of its end. */
		tell_receiver();
		alpc_message_remove()
	:: else
	fi;
	alpc_message_put()
}

/* --- shutdown.c ------------------------------------------------------------ */

inline alpc_end_fail_requests()
{
	if
	:: sent && type == REQUEST && state != CANCELED_ ->
		decide(BY_END);
		w = caller;
		caller = NOBODY;
		alpc_message_remove();
		if
		:: w != NOBODY -> alpc_waiter_give(w, EPIPE); w = NOBODY
		:: else
		fi
	:: else
	fi
}

inline alpc_conn_shutdown()
{
	if
	:: !closed -> closed = true; alpc_end_fail_requests()
	:: else
	fi
}

/* A notice to the server goes with its port, a reply or notice to the client. */
inline alpc_end_drop(what)
{
	if
	:: what -> dropped = true; alpc_message_remove()
	:: else
	fi
}

/* --- threads --------------------------------------------------------------- */

/* What came to the sending side is copied out, or put back if that fails. */
inline finish_reply(can_fail)
{
	touch();
	if
	:: true -> atomic {
		tell_sender();
		alpc_message_put()
	   }
	:: can_fail -> can_fail = false; atomic {
		/* alpc_deliver_undo(), ALPC_UNDO_REPLY */
		touch();
		sent = true;
		state = QUEUED;
		returned = true
	   }
	fi
}

/* alpc_give_up(): the wait for the reply to a call, or to a request by its id. */
inline alpc_give_up(w0, by_id)
{
	atomic {
#ifdef BREAK_GIVE_UP
		if
		:: true ->
#else
		if
		:: waiter[w0] == GIVEN -> take_result(w0)
		:: else ->
#endif
			if
			:: by_id ->
#ifndef BREAK_AWAIT
				caller = NOBODY
#endif
			:: else -> alpc_call_cancel()
			fi;
			take_result(w0);
			ret = ETIMEDOUT
		fi
	}
}

inline wait_for_reply(w0, by_id)
{
	alpc_sleep(w0, patient);
	if
	:: gives_up -> alpc_give_up(w0, by_id)
	:: else -> atomic { take_result(w0) }
	fi;
	alpc_wake_flush()
}

/* Wait for the reply by its id, or look whether it is at the port. */
inline collect(w0)
{
	byte tries = TRIES;
	bool can_fail = w0 == SENDER;

	do
	:: tries > 0 ->
		tries--;
		if
		:: true -> atomic { alpc_reply_await(w0) };
			if
			:: ret == EINPROGRESS -> wait_for_reply(w0, true);
				/* Who waited was told by its error. */
				if
				:: ret == ECANCELED && decided == BY_RECEIVER ->
					atomic { tell_sender() }
				:: else
				fi
			:: else
			fi
		:: true -> atomic {	/* alpc_receive(), ALPC_TRANSFER_DONTWAIT */
			if
			:: returned && type == REPLY ->
				alpc_deliver_reply(w0);
				ret = OK
			:: returned && type == NOTICE ->
				tell_sender();
				alpc_message_remove();
				ret = ECANCELED
			:: else -> ret = EAGAIN
			fi
		   }
		fi;
		assert(ret != ECANCELED || decided == BY_SENDER ||
		       decided == BY_RECEIVER);
		assert(ret != EPIPE || closed);
		if
		:: ret == OK ->
			assert(decided == ANSWERED);
			finish_reply(can_fail)
		:: else
		fi
	:: break
	od
}

proctype sender()
{
	mtype:result ret = OK;
	bool gives_up = false;
	byte w = NOBODY;
	byte wake = NOBODY;

	atomic {	/* alpc_send_commit() */
		if
		:: closed -> decided = BY_END; dropped = true; freed = true
		:: else ->
			ref = 1;
			state = QUEUED;
			sent = true;
#ifndef ASYNC
			alpc_waiter_init(SENDER);
			caller = SENDER;
#endif
			alpc_queue_post()
		fi
	};
	alpc_wake_flush();
#ifdef ASYNC
	collect(SENDER);
#else
	if
	:: waiting[SENDER] ->
		wait_for_reply(SENDER, false);
		if
		:: ret == OK ->
			assert(decided == ANSWERED);
			touch();
			atomic { tell_sender(); alpc_message_put() }
		:: ret == ECANCELED ->
			assert(decided == BY_SENDER || decided == BY_RECEIVER);
			tell_sender()
		:: ret == ETIMEDOUT -> assert(decided == BY_SENDER)
		:: ret == EPIPE -> assert(decided == BY_END)
		fi
	:: else
	fi;
#endif
	busy--
}

/* Another thread of the sending side. */
proctype collector()
{
	mtype:result ret = OK;
	bool gives_up = false;
	byte w = NOBODY;
	byte wake = NOBODY;

	collect(COLLECTOR);
	busy--
}

proctype canceller()
{
	mtype:result ret = OK;
	byte w = NOBODY;
	byte wake = NOBODY;

#ifdef BREAK_LOCK
	alpc_cancel_sent();
#else
	atomic { alpc_cancel_sent() };
#endif
	alpc_wake_flush();
	busy--
}

/* One that was handed a request, or knows the id of one that another was handed. */
inline answer()
{
	if
	:: true ->	/* alpc_reply_prepare(), alpc_reply_commit() */
		atomic { alpc_request_claim() };
		if
		:: ret == OK ->
			touch();	/* alpc_answer_copy() */
			if
			:: true -> atomic { alpc_reply_commit() }
			:: true -> atomic { alpc_request_unclaim() }
			fi
		:: else
		fi
	:: true -> atomic { alpc_request_reject() }
	:: true
	fi;
	alpc_wake_flush()
}

proctype receiver(byte me)
{
	mtype:result ret = OK;
	bool can_fail = me == RECEIVER(0);
	byte w = NOBODY;
	byte wake = NOBODY;
	bool answers = true;

	do
	:: true ->
		atomic {	/* alpc_receive() */
			if
			:: stopped -> break
			:: !stopped && queued ->
				queued = false;
				alpc_deliver(me);
				ret = OK
			:: else ->
				alpc_waiter_init(me);
				receiving[me] = true;
				ret = EINPROGRESS
			fi
		};
		if
		:: ret == EINPROGRESS ->
			alpc_sleep_receiver(me);
			atomic { take_result(me) }
		:: else
		fi;
		if
		:: ret != OK -> break
		:: ret == OK && handed[me] == NOTICE ->
			atomic { tell_receiver(); alpc_message_put() }
		:: ret == OK && handed[me] != NOTICE ->
			touch();	/* alpc_copy_delivery() */
			if
			:: true -> atomic { alpc_message_put() }
			:: can_fail -> can_fail = false;
				atomic { alpc_deliver_undo() };
				alpc_wake_flush()
			fi
		fi;
		if
		:: answers && known -> answers = false; answer()
		:: true
		fi
	od
}

/* Somebody disconnects, or the server closes its end of the connection. */
proctype end_of_connection()
{
	byte w = NOBODY;
	byte wake = NOBODY;

	if
	:: true -> atomic { alpc_conn_shutdown() }
	:: true -> atomic {	/* alpc_server_release() */
		alpc_conn_shutdown();
		alpc_end_drop(sent && type == REQUEST)
	   }
	:: !patient
	fi;
	alpc_wake_flush()
}

init
{
	byte w = NOBODY;
	byte wake = NOBODY;

	atomic {
		if
		:: patient = true
		:: patient = false
		fi;
		busy = 2;
		run receiver(RECEIVER(0));
		run sender();
		run canceller();
#ifdef ASYNC
		busy++;
		run collector();
#else
		run receiver(RECEIVER(1));
#endif
		run end_of_connection()
	};
	/* The client's file is closed when nobody uses it any more. */
	busy == 0;
	atomic {	/* alpc_client_release() */
		alpc_conn_shutdown();
		alpc_end_drop(returned)
	};
	alpc_wake_flush();
	atomic {	/* alpc_receive_switch() */
		stopped = true;
		if
		:: receiving[RECEIVER(0)] ->
			receiving[RECEIVER(0)] = false;
			alpc_waiter_give(RECEIVER(0), ESHUTDOWN)
		:: else
		fi;
		if
		:: receiving[RECEIVER(1)] ->
			receiving[RECEIVER(1)] = false;
			alpc_waiter_give(RECEIVER(1), ESHUTDOWN)
		:: else
		fi
	};
	alpc_wake_flush();
	_nr_pr == 1;
	atomic {	/* alpc_port_release() */
		alpc_end_drop(sent)
	};

	assert(decided != NOTHING);
	assert(freed && ref == 0);
	/* Each side was told what it had to be told. */
	assert(dropped || (told_receiver == (decided == BY_SENDER && taken)));
	assert(dropped || decided == BY_END || decided == BY_SENDER || told_sender)
}
