package fakeapple_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/service.apns/fakeapple"
)

func TestThePhoneShowsWhatWasPushed(t *testing.T) {
	w := newWorld(t)
	w.push(t, w.bearer(t), http.StatusOK, header("apns-collapse-id", "feed_1"), header("apns-priority", "5"),
		header("apns-expiration", "1709300000"), body(`{"aps":{"alert":"Tea"}}`))
	want := []fakeapple.Delivery{{
		Device: phone, ApnsID: apnsID, CollapseID: "feed_1", Topic: topic, PushType: "alert", Priority: 5,
		Expiration: time.Unix(1709300000, 0).UTC(), Payload: []byte(`{"aps":{"alert":"Tea"}}`), ReceivedAt: start, Times: 1,
	}}
	if diff := cmp.Diff(want, w.Book().Shown(phone)); diff != "" {
		t.Fatalf("the phone differs:\n%s", diff)
	}
}

func TestASecondPushOfOneCollapseIDReplacesTheFirst(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	for _, p := range []struct{ device, collapse, text string }{
		{phone, "a", "1"}, {phone, "b", "2"}, {other, "a", "3"}, {phone, "a", "4"}, {phone, "", "5"}, {phone, "", "6"},
	} {
		w.push(t, bearer, http.StatusOK, device(p.device), header("apns-collapse-id", p.collapse), body(p.text))
	}
	if diff := cmp.Diff([]string{"2 x1", "4 x2", "5 x1", "6 x1"}, texts(w.Book().Shown(phone))); diff != "" {
		t.Errorf("the phone shows:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"3 x1"}, texts(w.Book().Shown(other))); diff != "" {
		t.Errorf("the other phone shows:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"5 x1", "6 x1"}, texts(w.Book().Latest(2))); diff != "" {
		t.Errorf("the latest two are:\n%s", diff)
	}
	if got := w.Book().Total(); got != 6 {
		t.Errorf("total is %d, want 6", got)
	}
}

func texts(shown []fakeapple.Delivery) []string {
	out := make([]string, 0, len(shown))
	for _, d := range shown {
		out = append(out, fmt.Sprintf("%s x%d", d.Payload, d.Times))
	}
	return out
}

func TestTheBookForgetsTheOldestAndCountsThemStill(t *testing.T) {
	w := newWorld(t, func(o *fakeapple.Options) { o.PerDevice, o.Max = 3, 4 })
	bearer := w.bearer(t)
	for i := range 5 {
		w.push(t, bearer, http.StatusOK, body(fmt.Sprint(i)))
	}
	for i := range 2 {
		w.push(t, bearer, http.StatusOK, device(other), body(fmt.Sprint(10+i)))
	}
	if diff := cmp.Diff([]string{"3 x1", "4 x1", "10 x1", "11 x1"}, texts(w.Book().Latest(0))); diff != "" {
		t.Errorf("kept in all:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"3 x1", "4 x1"}, texts(w.Book().Shown(phone))); diff != "" {
		t.Errorf("kept of the phone:\n%s", diff)
	}
	if got := w.Book().Total(); got != 7 {
		t.Errorf("total is %d, want 7", got)
	}
}

func TestWaitReturnsWhenTheTotalIsReached(t *testing.T) {
	w := newWorld(t)
	reached := make(chan error, 1)
	go func() { reached <- w.Book().Wait(t.Context(), 2) }()
	bearer := w.bearer(t)
	w.push(t, bearer, http.StatusOK)
	w.push(t, bearer, http.StatusOK)
	if err := <-reached; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Book().Wait(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting for one too many ended with %v", err)
	}
}

func TestTheJournalHoldsEveryAnsweredPush(t *testing.T) {
	var out bytes.Buffer
	w := newWorld(t, func(o *fakeapple.Options) { o.Journal = &out })
	bearer := w.bearer(t)
	w.push(t, bearer, http.StatusOK, header("apns-collapse-id", "a"), body("1"))
	w.push(t, bearer, http.StatusOK, header("apns-collapse-id", "a"), body("2"))
	out.WriteString(`{"device_token":"torn`) // As a kill in the middle of a line would leave it.

	got, err := fakeapple.ReadJournal(&out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 x1", "2 x1"}, texts(got)); diff != "" {
		t.Fatalf("the journal differs:\n%s", diff)
	}
	if got[0].Device != phone || !got[0].ReceivedAt.Equal(start) {
		t.Fatalf("the first line is %+v", got[0])
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAPushThatCannotBeJournalledIsNotAccepted(t *testing.T) {
	w := newWorld(t, func(o *fakeapple.Options) { o.Journal = fullDisk{} })
	w.push(t, w.bearer(t), http.StatusInternalServerError)
	if got := w.Book().Total(); got != 0 {
		t.Fatalf("%d pushes were shown", got)
	}
}

func FuzzReadJournal(f *testing.F) {
	f.Add([]byte("{\"device_token\":\"0a\",\"payload\":{},\"received_at\":\"2024-02-29T12:00:00Z\",\"times\":1}\n"))
	f.Add([]byte("{}\n\n{\"payload\":"))
	f.Fuzz(func(t *testing.T, text []byte) {
		deliveries, err := fakeapple.ReadJournal(bytes.NewReader(text))
		if lines := bytes.Count(text, []byte("\n")); err == nil && len(deliveries) > lines {
			t.Fatalf("%d deliveries out of %d lines", len(deliveries), lines)
		}
	})
}
