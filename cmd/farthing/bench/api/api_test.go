package api_test

import (
	"testing"
	"time"

	"farthing/cmd/farthing/bench/api"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/development"
)

const (
	customers = 2
	shortly   = 100 * time.Millisecond
)

func TestARealBankIsReadAndFollowed(t *testing.T) {
	measured := start(t)
	people, err := api.Prepare(t.Context(), measured, customers)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := api.Prepare(t.Context(), measured, customers); err != nil || again[0].UserID != people[0].UserID {
		t.Errorf("a repeat prepares %v, %v", again, err)
	}
	for name, route := range api.Routes() {
		got, err := api.Read(t.Context(), loop.Load{Workers: 4, Time: shortly}, measured.API, people, route)
		if err != nil || got.Done == 0 || got.Failed != 0 {
			t.Errorf("reading %s: %+v, %v", name, got, err)
		}
	}
	streams, err := api.Open(t.Context(), measured, people, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	got, err := streams.Pay(t.Context(), loop.Load{Workers: 1, Time: shortly})
	if err != nil || got.Done == 0 || got.Failed != 0 {
		t.Errorf("following: %+v, %v", got, err)
	}
}

func TestARefusalIsCountedAndShown(t *testing.T) {
	measured := start(t)
	stranger := []development.Person{{AccountID: "acc_0000000000000000000000", AccessToken: "nobody's"}}
	load := loop.Load{Workers: 1, Time: shortly}
	got, err := api.Read(t.Context(), load, measured.API, stranger, api.Routes()["balance"])
	if err != nil || got.Done != 0 || got.Failed == 0 || got.FirstFailure == "" {
		t.Errorf("reading as nobody: %+v, %v", got, err)
	}
	if _, err := api.Open(t.Context(), measured, stranger, 1); err == nil {
		t.Error("nobody follows")
	}
}
