package handler

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	apnsproto "farthing/service.apns/proto"
	"farthing/service.apns/storage"
)

// phones are the tokens that a customer's pushes go to.
func (w *world) phones(t *testing.T, user string) []string {
	t.Helper()
	devices, err := w.devices.List(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for _, device := range devices {
		tokens = append(tokens, string(device.Token))
	}
	return tokens
}

func TestRegisteringAgainHoweverSpeltIsOnePhone(t *testing.T) {
	w := newWorld(t)
	first := w.register(t, "user_alice", 0xabc)
	rsp, err := w.RegisterDevice(t.Context(), &apnsproto.RegisterDeviceRequest{
		UserId: "user_alice", DeviceToken: strings.ToUpper(phone(0xabc)),
	})
	if err != nil || rsp.GetDeviceId() != first {
		t.Fatalf("registering again: %v, %v, want %s", rsp, err, first)
	}
	if got := w.phones(t, "user_alice"); len(got) != 1 || got[0] != phone(0xabc) {
		t.Fatalf("there are %v", got)
	}
}

func TestAPhoneThatChangesHandsTellsItsFormerOwnerNothing(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0)
	w.register(t, "user_alice", 1)
	w.register(t, "user_bob", 0)
	if got := w.phones(t, "user_alice"); len(got) != 1 || got[0] != phone(1) {
		t.Errorf("alice has %v", got)
	}
	if got := w.phones(t, "user_bob"); len(got) != 1 || got[0] != phone(0) {
		t.Errorf("bob has %v", got)
	}
	w.register(t, "user_alice", 0)
	if got := w.phones(t, "user_bob"); len(got) != 0 {
		t.Errorf("bob still has %v", got)
	}
}

func TestTheOldestPhoneMakesRoom(t *testing.T) {
	w := newWorld(t)
	for n := range 25 {
		w.register(t, "user_alice", n)
		w.clock.advance(time.Second)
	}
	got := w.phones(t, "user_alice")
	if len(got) != 20 {
		t.Fatalf("there are %d phones", len(got))
	}
	for _, token := range got {
		for old := range 5 {
			if token == phone(old) {
				t.Errorf("phone %d is still there", old)
			}
		}
	}
}

func TestADeviceTokenIsSealedAtRest(t *testing.T) {
	w := newWorld(t)
	w.register(t, "user_alice", 0xabc)
	raw, err := hex.DecodeString(phone(0xabc))
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, table := range storage.Schema().Tables {
		rows, _, err := w.engine.Walk(t.Context(), table.Spec(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, value := range row {
				kept++
				text := []byte(fmt.Sprint(value))
				if blob, ok := value.([]byte); ok {
					text = blob
				}
				if bytes.Contains(text, []byte(phone(0xabc))) || bytes.Contains(text, raw) {
					t.Errorf("%s holds the token in plain", table.Spec().Name)
				}
			}
		}
	}
	if kept == 0 {
		t.Fatal("nothing was looked at")
	}
}

func TestARegistrationIsRefusedByFieldAndRuleAndNeverQuoted(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ user, token, code string }{
		"no user":     {"", phone(0), "missing_param.user_id"},
		"no token":    {"user_alice", "", "missing_param.device_token"},
		"too short":   {"user_alice", phone(0)[:62], "bad_param.device_token"},
		"too long":    {"user_alice", strings.Repeat("0b", 101), "bad_param.device_token"},
		"half a byte": {"user_alice", phone(0) + "0", "bad_param.device_token"},
		"letters":     {"user_alice", strings.Repeat("xy", 32), "bad_param.device_token"},
	} {
		_, err := w.RegisterDevice(t.Context(), &apnsproto.RegisterDeviceRequest{UserId: c.user, DeviceToken: c.token})
		if !errs.Is(err, "bad_request."+c.code) || (c.token != "" && strings.Contains(err.Error(), c.token)) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if got := w.phones(t, "user_alice"); len(got) > 0 {
		t.Errorf("there are %v", got)
	}
}

func TestAPhoneIsOnePhoneAfterItsKeysAreRotated(t *testing.T) {
	w := newWorld(t)
	keys, err := seal.Open(t.TempDir(), "devices", true)
	if err != nil {
		t.Fatal(err)
	}
	w.devices = storage.NewDevices(store.NewKeyspace("apns", w.engine), keys)
	before := w.register(t, "user_alice", 0)
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	if after := w.register(t, "user_alice", 0); after == before {
		t.Fatal("it is still named by the old key")
	}
	if got := w.phones(t, "user_alice"); len(got) != 1 {
		t.Fatalf("it is told %d times", len(got))
	}
}
