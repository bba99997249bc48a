package main

import (
	"testing"

	"farthing/service.apns/fakeapple"
)

func TestOnlyWhatIsNewOnThePhoneIsShown(t *testing.T) {
	before := []fakeapple.Delivery{{ApnsID: "a"}, {ApnsID: "b", CollapseID: "tx_1"}}
	now := []fakeapple.Delivery{{ApnsID: "a"}, {ApnsID: "c", CollapseID: "tx_1"}, {ApnsID: "d"}}
	news := fresh(before, now)
	if len(news) != 2 || news[0].ApnsID != "c" || news[1].ApnsID != "d" {
		t.Fatalf("new is %v", news)
	}
	if again := fresh(now, now); len(again) != 0 {
		t.Fatalf("nothing changed, and new is %v", again)
	}
}
