package handler

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/store/faults"
	"farthing/service.apns/fakeapple"
	"farthing/service.apns/logic"
	transactionsevents "farthing/service.transactions/proto/events"
)

func TestAllPhonesOfACustomerAreTold(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.register(t, "user_alice", 1)
	w.register(t, "user_bob", 2)
	if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 1, 1, 0)
}

func TestARepeatAndABetterVersionShowAsOneNotification(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	for _, version := range []int64{1, 1, 2} {
		if err := w.push(t.Context(), w.enriched(t, "user_alice", version)); err != nil {
			t.Fatal(err)
		}
	}
	w.wantPushes(t, 2)
}

func TestStaleNewsIsNotPushed(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	e := w.enriched(t, "user_alice", 1)
	w.clock.advance(time.Hour + time.Second)
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 0)
	w.wantKept(t, logic.TooLate)
}

func TestWhenOnePhoneCannotBeToldTheOthersAreNotToldAgain(t *testing.T) {
	for name, reason := range map[string]fakeapple.Reason{
		"Apple is in trouble": fakeapple.InternalServerError, "the phone has too many": fakeapple.TooManyRequests,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for n := range 3 {
				w.register(t, "user_alice", n)
			}
			e := w.enriched(t, "user_alice", 1)
			w.inject(t, fakeapple.Fault{Device: phone(1), Reason: reason, Times: 1})
			if err := w.push(t.Context(), e); !errs.Is(err, errs.Unavailable+".apple") {
				t.Fatalf("pushing: %v, want to be told again", err)
			}
			w.wantPushes(t, 1, 0, 1)
			w.start(w.apple)
			if err := w.push(t.Context(), e); !errs.Is(err, errs.Unavailable+".apple") {
				t.Fatalf("at once: %v, want to wait as Apple asked", err)
			}
			if n := w.fake.Stats().Refused[reason]; n != 1 {
				t.Fatalf("Apple was asked %d times", n)
			}
			w.clock.advance(time.Minute)
			w.start(w.apple) // What was told, and Apple's wish, outlast the process.
			if err := w.push(t.Context(), e); err != nil {
				t.Fatalf("later: %v", err)
			}
			w.wantPushes(t, 1, 1, 1)
			if w.wantKept(t, logic.Delivered); len(phonesOf(w.kept(t, 1))) > 0 {
				t.Error("phones are still remembered")
			}
		})
	}
}

func phonesOf(p logic.Push, _ bool) map[string]logic.Phone { return p.Phones }

func TestALostAnswerIsResolvedByARepeat(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	e := w.enriched(t, "user_alice", 1)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.LostAnswer, Times: 1})
	if err := w.push(t.Context(), e); !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("pushing: %v", err)
	}
	if err := w.push(t.Context(), e); err != nil {
		t.Fatalf("the repeat: %v", err)
	}
	w.wantPushes(t, 2) // One notification, under one collapse id.
}

func TestAPhoneThatIsGoneIsForgottenUnlessItRegisteredSince(t *testing.T) {
	for name, c := range map[string]struct {
		since time.Duration // From its registration.
		kept  int
	}{"gone later": {time.Hour, 0}, "registered since": {-time.Hour, 1}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register(t, "user_alice", 0)
			w.clock.advance(2 * time.Hour)
			w.inject(t, fakeapple.Fault{
				Reason: fakeapple.Unregistered, Since: w.clock.Now().Add(c.since - 2*time.Hour), Times: 1,
			})
			if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); err != nil {
				t.Fatal(err)
			}
			left, err := w.devices.List(t.Context(), "user_alice")
			if err != nil || len(left) != c.kept {
				t.Fatalf("%d phones are left, %v", len(left), err)
			}
			w.wantKept(t, logic.Unregistered)
		})
	}
}

func TestAPhoneThatCouldNotBeForgottenIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.register(t, "user_alice", 1)
	w.clock.advance(time.Hour)
	w.inject(t, fakeapple.Fault{Device: phone(0), Reason: fakeapple.Unregistered, Since: w.clock.Now(), Times: 2})
	e := w.enriched(t, "user_alice", 1)
	w.pick = faults.Script(faults.Write, faults.Unavailable)
	if err := w.push(t.Context(), e); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("pushing: %v", err)
	}
	if err := w.push(t.Context(), e); err != nil {
		t.Fatalf("the repeat: %v", err)
	}
	w.wantPushes(t, 0, 1)
	if left, err := w.devices.List(t.Context(), "user_alice"); err != nil || len(left) != 1 {
		t.Fatalf("%d phones are left, %v", len(left), err)
	}
}

func TestWhatAppleRejectsIsNotTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.BadDeviceToken, Times: 1})
	if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); err != nil {
		t.Fatalf("pushing: %v", err)
	}
	w.wantKept(t, logic.Rejected)
}

func TestWithoutAKeyNothingIsPushed(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.apple = nil
	if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 0)
	w.wantKept(t, logic.Off)
}

func TestPhonesThatCannotBeReadAreReadAgain(t *testing.T) {
	w := newWorld(t)
	w.pick = faults.Script(faults.Range, faults.Unavailable)
	if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("pushing: %v", err)
	}
}

func TestNothingIsKeptOfACustomerWithoutAPhone(t *testing.T) {
	w := newWorld(t)
	w.pick = func(op faults.Op) faults.Fault {
		if op == faults.Write {
			return faults.Unavailable
		}
		return faults.None
	}
	if err := w.push(t.Context(), w.enriched(t, "user_alice", 1)); err != nil {
		t.Fatal(err)
	}
	if p, ok := w.kept(t, 1); ok {
		t.Errorf("kept is %+v", p)
	}
}

// The bus may deliver an event again long after it was acknowledged, to another process.
func TestARepeatAfterARestartTellsNoPhoneAgain(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	e := w.enriched(t, "user_alice", 1)
	for range 2 {
		if err := w.push(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		w.start(w.apple)
	}
	w.wantPushes(t, 1)
	w.register(t, "user_alice", 1) // It did not exist when the customer was told.
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 1, 0)
}

func TestAPushThatCannotBeKeptIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	e := w.enriched(t, "user_alice", 1)
	w.pick = faults.Script(faults.Write, faults.Unavailable)
	if err := w.push(t.Context(), e); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("pushing: %v", err)
	}
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 2) // As one notification.
	w.wantKept(t, logic.Delivered)
}

// A phone was told in time, and Apple did not want the other's before it was too late.
func TestWhatIsTooLateForOnePhoneWasStillDelivered(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.register(t, "user_alice", 1)
	e := w.enriched(t, "user_alice", 1)
	w.inject(t, fakeapple.Fault{Device: phone(1), Reason: fakeapple.InternalServerError, Times: 1})
	if err := w.push(t.Context(), e); !errs.Is(err, errs.Unavailable+".apple") {
		t.Fatalf("pushing: %v, want to be told again", err)
	}
	w.wantKept(t, logic.Waiting)
	w.clock.advance(time.Hour + time.Second)
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 1, 0)
	w.wantKept(t, logic.Delivered)
}

func TestWhatNobodyIsWokenForIsKept(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	e := w.enriched(t, "user_alice", 1)
	var changed transactionsevents.TransactionChanged
	if err := proto.Unmarshal(e.Body, &changed); err != nil {
		t.Fatal(err)
	}
	changed.Transaction.Quiet = true
	var err error
	if e.Body, err = proto.Marshal(&changed); err != nil {
		t.Fatal(err)
	}
	if err := w.push(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	w.wantPushes(t, 0)
	w.wantKept(t, logic.Quiet)
}

func TestWhatIsNoEventIsPoison(t *testing.T) {
	w := newWorld(t)
	e := w.enriched(t, "user_alice", 1)
	e.Body = []byte("no body")
	if err := w.push(t.Context(), e); !errors.Is(err, events.ErrPoison) {
		t.Fatalf("got %v", err)
	}
}
