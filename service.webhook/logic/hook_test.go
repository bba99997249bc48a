package logic

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/service.webhook/standard"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func TestTransactionCreatedIsWhatOneIsToldWhoAsksForNothingElse(t *testing.T) {
	for _, c := range []struct{ named, want []string }{
		{nil, []string{"transaction.created"}},
		{[]string{"balance.updated"}, []string{"balance.updated"}},
		{
			[]string{"pot.updated", "transaction.created", "pot.updated"}, []string{"transaction.created", "pot.updated"},
		},
	} {
		got, err := CheckEvents(c.named)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%v: %v\n%s", c.named, err, diff)
		}
	}
	for _, bad := range []string{"", "transaction", "transaction.deleted", "TRANSACTION.CREATED", "*"} {
		if _, err := CheckEvents([]string{"card.updated", bad}); !errs.Is(err, "bad_request.bad_param.events") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func keys(secrets []standard.Secret) (out []string) {
	for _, each := range secrets {
		out = append(out, each.Reveal())
	}
	return out
}

func TestAFormerSecretSignsForADayAndARepeatRotatesNothing(t *testing.T) {
	first, second, third := standard.NewSecret(), standard.NewSecret(), standard.NewSecret()
	hook := Hook{Secret: first}
	want := func(at time.Time, live ...standard.Secret) {
		t.Helper()
		if diff := cmp.Diff(keys(live), keys(hook.Live(at))); diff != "" {
			t.Errorf("live are\n%s", diff)
		}
	}
	want(noon, first)
	hook = hook.Rotated(second, noon)
	want(noon, second, first)
	hook = hook.Rotated(third, noon.Add(23*time.Hour))
	want(noon.Add(23*time.Hour), second, first)
	want(noon.Add(24*time.Hour), second)
	hook = hook.Rotated(third, noon.Add(24*time.Hour))
	want(noon.Add(24*time.Hour), third, second)
}

func TestAnAccountHasOnlySoManyWebhooks(t *testing.T) {
	var list List
	add := func(client string, n int) (err error) {
		next, err := list.With(Listed{ID: fmt.Sprint(client, n), Client: client, Events: []string{"card.updated"}})
		if err == nil {
			list = next
		}
		return err
	}
	for n := range ClientMax {
		if err := add("a", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("a", ClientMax); !errs.Is(err, "precondition_failed.too_many_webhooks") {
		t.Errorf("one more of a client: %v", err)
	}
	if err := add("a", 3); err != nil || len(list) != ClientMax {
		t.Errorf("one that is there: %v, %d", err, len(list))
	}
	for n := range AccountMax - ClientMax {
		if err := add(fmt.Sprint("client", n), n); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("z", 0); !errs.Is(err, "precondition_failed.too_many_webhooks") {
		t.Errorf("one more of an account: %v", err)
	}
	was := slices.Clone(list)
	if list = list.Without("a3"); len(list) != AccountMax-1 || len(list.Of("a")) != ClientMax-1 {
		t.Errorf("without one there are %d", len(list))
	}
	if quiet := was.Silenced("a3"); len(quiet.Wanting("card.updated")) != AccountMax-1 || len(quiet) != AccountMax {
		t.Errorf("silenced: %v", quiet)
	}
	if len(was.Wanting("card.updated")) != AccountMax || len(was.Wanting("pot.updated")) != 0 {
		t.Error("a list changes with another")
	}
}
