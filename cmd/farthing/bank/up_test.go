package bank_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"farthing/client"
	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// history is how many days of life a bank begins with, where it does not matter.
const history = 7

func options(t testing.TB) bank.Options {
	t.Helper()
	return bank.Options{
		Folder: bank.Folder(t.TempDir()), Host: "127.0.0.1", History: history,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

func up(t testing.TB, o bank.Options) *bank.Bank {
	t.Helper()
	b, err := bank.Up(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func stop(t testing.TB, b *bank.Bank) {
	t.Helper()
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func swipe(t testing.TB, n bank.Notice) cardedge.Answer {
	t.Helper()
	network := cardedge.NewNetwork(clock.Real{}.Now())
	answer, err := cardedge.Client{Address: n.CardEdge}.Authorise(t.Context(), cardedge.Authorisation{
		Network: &network, CardID: n.Demonstration.CardID, Descriptor: "PRET A MANGER 1234 LONDON GBR",
		Amount: cardedge.Amount{Minor: 3_50, Currency: "GBP"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestASwipeReachesThePhoneAndThePastDoesNot(t *testing.T) {
	o := options(t)
	o.History = 0 // All of it.
	b := up(t, o)
	defer stop(t, b)
	answer := swipe(t, b.Notice)
	if err := b.Phones.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	shown := b.Phones.Shown(b.Notice.Demonstration.DeviceToken)
	if len(shown) != 1 || shown[0].CollapseID != answer.TransactionID || b.Phones.Total() != 1 {
		t.Fatalf("the phone shows %v of %d pushes, want one of %s", shown, b.Phones.Total(), answer.TransactionID)
	}
}

func TestAStartThatWasKilledLeavesNothingBehind(t *testing.T) {
	o := options(t)
	ctx, kill := context.WithCancel(t.Context())
	kill()
	if _, err := bank.Up(ctx, o); err == nil {
		t.Fatal("a bank came up after its context had ended")
	}
	half := filepath.Join(string(o.Folder), "bank.new", "store")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "CURRENT"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := up(t, o)
	defer stop(t, b)
	if answer := swipe(t, b.Notice); answer.Outcome != "approved" {
		t.Fatalf("a swipe was %s", answer.Outcome)
	}
}

func TestTokensThatNoLongerHoldAreReplacedAtTheNextStart(t *testing.T) {
	o := options(t)
	b := up(t, o)
	old := *b.Notice.Demonstration
	stop(t, b)
	file := filepath.Join(string(o.Folder), "bank", "demonstration.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expired := strings.ReplaceAll(string(text), old.CLIToken, "farthing_at_of_long_ago")
	if err := os.WriteFile(file, []byte(expired), 0o600); err != nil {
		t.Fatal(err)
	}

	b = up(t, o)
	defer stop(t, b)
	c := b.Notice.Demonstration
	if c.AccessToken != old.AccessToken || c.CLIToken == old.CLIToken || c.CLIToken == "farthing_at_of_long_ago" {
		t.Fatalf("the tokens are %q and %q", c.AccessToken, c.CLIToken)
	}
	if whose := whoami(t, b.Notice, c.CLIToken); whose != c.UserID {
		t.Fatalf("the new token is %q's, want %s's", whose, c.UserID)
	}
}

func whoami(t testing.TB, n bank.Notice, token string) string {
	t.Helper()
	is, err := client.New(n.API, client.WithToken(token)).WhoAmI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return is.UserID
}

func TestWhatHoldsSecretsIsForItsOwnerAlone(t *testing.T) {
	o := options(t)
	b := up(t, o)
	defer stop(t, b)
	for _, name := range []string{"bank.json", "bank/demonstration.json", "apple/key.p8", "apple/ca.pem"} {
		info, err := os.Stat(filepath.Join(string(o.Folder), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestAFolderInUseIsRefusedAndNamed(t *testing.T) {
	o := options(t)
	o.Empty = true
	b := up(t, o)
	defer stop(t, b)
	_, err := bank.Up(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "the data folder "+string(o.Folder)+" is in use by another bank") {
		t.Fatalf("a second start answered %v", err)
	}
	if _, err := bank.Find(t.Context(), o.Folder); err != nil {
		t.Fatalf("the second start hid the first: %v", err)
	}
}

// A life of an earlier version would be misread: it is refused, whatever is in it.
func TestALifeInAnotherFormatIsRefused(t *testing.T) {
	o := options(t)
	o.Empty = true
	stop(t, up(t, o))
	record := filepath.Join(string(o.Folder), "bank", "shape.json")
	for _, was := range []string{`{"shape":"one process"}`, `{"format":999,"shape":"one process"}`, ""} {
		if err := os.WriteFile(record, []byte(was), 0o600); err != nil {
			t.Fatal(err)
		}
		if was == "" { // As before there was more than one shape.
			if err := os.Remove(record); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := bank.Up(t.Context(), o); err == nil || !strings.Contains(err.Error(), "this version knows only") {
			t.Errorf("%q was answered %v", was, err)
			if err == nil {
				stop(t, b)
			}
		}
	}
}

func TestABankThatWasKilledIsNotFound(t *testing.T) {
	o := options(t)
	o.Empty = true
	b := up(t, o)
	found, err := bank.Find(t.Context(), o.Folder)
	if diff := cmp.Diff(b.Notice, found); err != nil || diff != "" {
		t.Fatalf("found %v, %v\n%s", found, err, diff)
	}
	stop(t, b)
	leftBehind, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(o.Folder), "bank.json"), leftBehind, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = bank.Find(t.Context(), o.Folder)
	if notRunning, ok := errors.AsType[bank.NotRunningError](err); !ok || notRunning.Folder != o.Folder {
		t.Fatalf("found a bank that is gone: %v", err)
	}
}

func TestASettingThatNobodyKnowsStopsTheStart(t *testing.T) {
	o := options(t)
	o.Empty, o.Settings = true, map[string]string{"FARTHING_APNS_HOTS": "https://apple.example"}
	if _, err := bank.Up(t.Context(), o); err == nil || !strings.Contains(err.Error(), "FARTHING_APNS_HOTS") {
		t.Fatalf("the start answered %v", err)
	}
}
