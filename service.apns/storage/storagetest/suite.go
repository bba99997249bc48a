// Package storagetest is what service.apns's storage promises, on any engine.
package storagetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/id"
	"farthing/pkg/money"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.apns/apple"
	"farthing/service.apns/logic"
	"farthing/service.apns/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.NewDevices(k, seal.Ephemeral("devices")), storage.NewPushes(k)}
	for name, test := range map[string]func(t *testing.T, name string){
		"a push is kept as it is":                                   s.keptAsItIs,
		"what is late takes no outcome away":                        s.lateProgress,
		"versions are apart":                                        s.versionsApart,
		"an account has its pushes, the newest first":               s.all,
		"accounts with pushes are walked":                           s.walked,
		"a phone that registers again keeps since when it is there": s.since,
		"a phone that was forgotten is there anew":                  s.sinceForgotten,
		"a customer's phones are there since the first":             s.sinceFirst,
	} {
		t.Run(name, func(t *testing.T) { test(t, name) })
	}
}

type suite struct {
	devices *storage.Devices
	pushes  *storage.Pushes
}

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

const day = 24 * time.Hour

// push is the push of a transaction that was made then.
func push(name string, made time.Time) logic.Push {
	return logic.Push{
		Account: id.Hash("acc", name), Transaction: id.Derived("tx", made, name), Version: 2,
		Amount: money.Amount{Minor: -3_50, Currency: "GBP"}, ChangedAt: made.Add(time.Second), Outcome: logic.Delivered,
	}
}

func (s suite) keep(t *testing.T, p logic.Push) {
	t.Helper()
	if err := s.pushes.Keep(t.Context(), p); err != nil {
		t.Fatalf("keeping: %v", err)
	}
}

func (s suite) want(t *testing.T, want logic.Push) {
	t.Helper()
	got, ok, err := s.pushes.Find(t.Context(), want.Account, want.Transaction, want.Version)
	if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
		t.Errorf("found %v, %v:\n%s", ok, err, diff)
	}
}

// waiting is a push of which one phone was told, one is to be told at a time, and one whenever it is.
func waiting(p logic.Push) logic.Push {
	p.Outcome = logic.Waiting
	p.Phones = map[string]logic.Phone{
		"device_1": {Outcome: logic.Delivered}, "device_2": {NotBefore: at().Add(time.Minute)}, "device_3": {},
	}
	return p
}

func (s suite) keptAsItIs(t *testing.T, name string) {
	p := push(name, at())
	if got, ok, err := s.pushes.Find(t.Context(), p.Account, p.Transaction, p.Version); err != nil || ok {
		t.Fatalf("there is %+v, %v", got, err)
	}
	s.keep(t, waiting(p))
	s.want(t, waiting(p))
	for range 2 {
		s.keep(t, p)
		s.want(t, p)
	}
}

func (s suite) lateProgress(t *testing.T, name string) {
	p := push(name, at())
	s.keep(t, p)
	s.keep(t, waiting(p))
	s.want(t, p)
}

func (s suite) versionsApart(t *testing.T, name string) {
	older := push(name, at())
	newer := older
	newer.Version, newer.Amount.Minor, newer.Outcome = 3, -4_00, logic.Quiet
	s.keep(t, newer)
	s.keep(t, older)
	s.want(t, older)
	s.want(t, newer)
}

// all are of two months, and more of one than a read brings.
func (s suite) all(t *testing.T, name string) {
	const many = store.MaxRows + 1
	account := id.Hash("acc", name)
	keep := func(n int, made time.Time) string {
		p := push(fmt.Sprint(name, n), made)
		p.Account = account
		s.keep(t, p)
		return p.Transaction
	}
	want := []string{keep(0, at().Add(-40*day))}
	for n := range many {
		want = append(want, keep(n+1, at().Add(time.Duration(n)*time.Second)))
	}
	slices.Reverse(want)
	all, err := s.pushes.All(t.Context(), account)
	var got []string
	for _, p := range all {
		got = append(got, p.Transaction)
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("listed: %v\n%s", err, diff)
	}
}

func (s suite) walked(t *testing.T, name string) {
	var want []string
	for n := range 5 {
		p := push(fmt.Sprint(name, n), at())
		s.keep(t, p)
		want = append(want, p.Account)
	}
	seen := make(map[string]bool)
	for after := ""; ; {
		accounts, next, err := s.pushes.Accounts(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, account := range accounts {
			seen[account] = true
		}
		if after = next; next == "" {
			break
		}
	}
	for _, account := range want {
		if !seen[account] {
			t.Errorf("%s was not met", account)
		}
	}
}

// register registers the n-th phone of a test, so long after at, and answers it.
func (s suite) register(t *testing.T, name string, n int, after time.Duration) string {
	t.Helper()
	sum := sha256.Sum256([]byte(fmt.Sprint(name, n)))
	token := apple.DeviceToken(hex.EncodeToString(sum[:]))
	device, err := s.devices.Register(t.Context(), name, token, storage.Moment{
		Real: at().Add(-day), Business: at().Add(after),
	})
	if err != nil {
		t.Fatalf("registering: %v", err)
	}
	return device
}

func (s suite) wantSince(t *testing.T, name string, want time.Time) {
	t.Helper()
	if got, err := s.devices.Since(t.Context(), name); err != nil || !got.Equal(want) {
		t.Errorf("since %v, %v, want %v", got, err, want)
	}
}

func (s suite) since(t *testing.T, name string) {
	s.wantSince(t, name, time.Time{})
	for n := range 3 {
		s.register(t, name, 0, time.Duration(n)*day)
		s.wantSince(t, name, at())
	}
}

func (s suite) sinceForgotten(t *testing.T, name string) {
	device := s.register(t, name, 0, 0)
	if err := s.devices.Forget(t.Context(), name, device); err != nil {
		t.Fatal(err)
	}
	s.wantSince(t, name, time.Time{})
	s.register(t, name, 0, day)
	s.wantSince(t, name, at().Add(day))
}

func (s suite) sinceFirst(t *testing.T, name string) {
	first := s.register(t, name, 1, 0)
	s.register(t, name, 2, day)
	s.register(t, name, 3, 2*day)
	s.wantSince(t, name, at())
	if err := s.devices.Forget(t.Context(), name, first); err != nil {
		t.Fatal(err)
	}
	s.wantSince(t, name, at().Add(day))
}
