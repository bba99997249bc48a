package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/oauth2"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
	"farthing/pkg/pan"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/service.auth/door/doortest"
	"farthing/service.cards/storage"
)

// A canary is a secret that the test knows. After a bank has met it in every way it is looked for, in every spelling,
// wherever the bank leaves anything behind.

const canaryShop = "CANARY CAFE 77 LONDON GBR"

func TestNoCardNumberAndNoTokenIsLeftAnywhere(t *testing.T) {
	places := make(map[string][]byte)
	secrets := make(map[string]string)
	folder := filepath.Join(t.TempDir(), "bank")
	t.Run("a life", func(t *testing.T) {
		w := world.New(t, world.Options{Embedded: func(o *foundation.EmbeddedOptions) {
			o.Memory, o.Dir, o.Files = false, folder, pebblestore.Options{Cache: 1 << 20, MemTable: 64 << 20}
		}})
		alice := w.Customer(t, "alice", 100_00)
		own, nobodys := numberOf(t, w, alice), complete(t, "999900123456789")
		secrets["a card's number"], secrets["nobody's number"] = own, nobodys
		secrets["an access token"], secrets["a device token"] = alice.Token, alice.Device
		meet(t, w, alice, own, nobodys)
		maps.Copy(secrets, meetLogin(t, w, alice))
		for name, number := range map[string]string{"own": own, "nobody's": nobodys} {
			places["what the ISO 8583 door said of "+name] = []byte(spell(t, w, alice, number))
		}
		places["the log"], places["what the doors said"] = []byte(w.Logged()), []byte(w.Said())
		places["the metrics"] = []byte(w.Admin(t, "/metrics"))
		places["the traces"] = traces(t, w)
	})
	for name, content := range files(t, folder) {
		places["the file "+name] = content
	}
	for secret, text := range secrets {
		for spelling, bytesOf := range spellings(text) {
			for place, content := range places {
				if bytes.Contains(content, bytesOf) {
					t.Errorf("%s is in %s, as %s, in %s", secret, place, spelling, around(content, bytesOf))
				}
			}
		}
	}
	wantCanary(t, places)
}

// around is what stands before a secret, and the secret not.
func around(content, secret []byte) string {
	const shown = 120
	at := bytes.Index(content, secret)
	return fmt.Sprintf("%q", content[max(0, at-shown):at])
}

// wantCanary proves that the search looks in the right places: what is no secret is there.
func wantCanary(t *testing.T, places map[string][]byte) {
	t.Helper()
	for place, want := range map[string]string{
		"the log": "request failed", "what the doors said": "approved", "the metrics": "card_authorisations_total",
		"the traces": "service.card-processing", "what the ISO 8583 door said of own": "AUTH=auth_",
	} {
		if !bytes.Contains(places[place], []byte(want)) {
			t.Errorf("%s does not hold %q: the search proves nothing", place, want)
		}
	}
	for place, content := range places {
		if strings.HasPrefix(place, "the file ") && bytes.Contains(content, []byte(canaryShop)) {
			return
		}
	}
	t.Errorf("no file holds the shop's name: the search proves nothing")
}

// meet has the bank meet the numbers and the token in every way that somebody could think of.
func meet(t *testing.T, w *world.World, c *world.Customer, own, nobodys string) {
	t.Helper()
	for n, number := range []string{own, nobodys} {
		p := world.Payment{ID: fmt.Sprint("canary-", n), CardNumber: number, Minor: 1_00, Descriptor: canaryShop}
		if got := w.Pay(t, p); got.Approved() != (number == own) {
			t.Fatalf("payment %d was %v", n, got)
		}
		for _, body := range []string{
			swipeWith(c, "card_id", `"`+number+`"`), swipeWith(c, "card_id", number),
			`{"card_number":` + number + `}`, `{"card_number":"` + number + `0"}`, `{"card_number":"` + number,
			`{"card_number":"` + number + `"}`, `{"` + number + `":1}`, `{"amount":{"minor":` + number + `9999}}`,
		} {
			ask(t, w, foundation.CardEdge, bad{body: body}, c)
		}
		ask(t, w, foundation.CardEdge, bad{path: "/authorisations/" + number}, c)
		ask(t, w, foundation.CardEdge, bad{path: "/authorisations?card_number=" + number}, c)
		ask(t, w, foundation.Public, bad{path: "/transactions?account_id=" + number}, c)
		ask(t, w, foundation.Public, bad{path: "/transactions/" + number}, c)
		ask(t, w, foundation.Public, bad{path: "/accounts", token: number}, c)
	}
	ask(t, w, foundation.Public, bad{path: "/transactions?access_token=" + c.Token + "&account_id=" + c.Token}, c)
	ask(t, w, foundation.Public, bad{path: "/accounts", method: http.MethodPost}, c)
	w.Eventually(t, "a push", func() bool { return len(w.Pushes(c)) == 1 })
	w.Eventually(t, "a feed item", func() bool { return len(w.Feed(t, c)) == 1 })
	w.Transactions(t, c)
}

// meetLogin has a customer log in to a program, and the program and strangers get wrong what they can; it answers every
// secret of that.
func meetLogin(t *testing.T, w *world.World, c *world.Customer) map[string]string {
	t.Helper()
	a := newApp(t, w, c, false, oauth2.AuthStyleInParams)
	verifier := oauth2.GenerateVerifier()
	code := a.code(t, oauth2.S256ChallengeOption(verifier))
	mails := w.Mails(t)
	link, err := url.Parse(doortest.LinkIn(mails[len(mails)-1]))
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.config.Exchange(a.context(t), code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.config.TokenSource(a.context(t), &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	a.want(t, second.AccessToken, "/accounts", http.StatusOK, "")
	mistaken := "/?client_id=" + a.config.ClientID + "&state=" + code
	for _, again := range []string{link.String(), link.String() + "x", mistaken} {
		if page := a.browser.Get(again); page.Status < http.StatusBadRequest {
			t.Fatalf("it was answered %d %q", page.Status, page.Title())
		}
	}
	wrong := a.config
	wrong.ClientSecret += "x"
	for _, each := range []oauth2.Config{a.config, wrong} {
		if _, err := each.Exchange(a.context(t), code, oauth2.VerifierOption(verifier)); err == nil {
			t.Fatal("a code was good twice")
		}
	}
	wantRefused(t, a, first.RefreshToken, "bad_request.refresh_token.evicted")
	a.want(t, second.AccessToken, "/accounts", http.StatusUnauthorized, evicted)
	return map[string]string{
		"a program's secret": a.config.ClientSecret, "a code": code, "a link's key": link.Query().Get("key"),
		"an access token that was ended": first.AccessToken, "one that came of a refresh": second.AccessToken,
		"a refresh token": first.RefreshToken, "the next one": second.RefreshToken, "a verifier": verifier,
		"an e-mail": c.Name + "@example.com",
	}
}

// numberOf is the number on a customer's card, out of the vault: nobody else can tell.
func numberOf(t *testing.T, w *world.World, c *world.Customer) string {
	t.Helper()
	keys, err := seal.Open(w.KeyDir(), "service-cards-vault", false)
	if err != nil {
		t.Fatal(err)
	}
	vault := storage.NewVault(store.NewKeyspace("cards", w.Bank.Store.Open("cards")), keys)
	number, err := vault.Keep(t.Context(), c.CardID, 0, pan.Number{})
	if err != nil || number.Last4() != c.LastFour {
		t.Fatalf("reading the number of a card: %v, %v", number, err)
	}
	return number.Reveal()
}

func complete(t *testing.T, digits string) string {
	t.Helper()
	number, err := pan.Complete(digits)
	if err != nil {
		t.Fatal(err)
	}
	return number.Reveal()
}

func traces(t *testing.T, w *world.World) []byte {
	t.Helper()
	list := w.Admin(t, "/traces?limit=100")
	var known struct {
		Traces []struct {
			ID string `json:"trace_id"`
		}
	}
	if err := json.Unmarshal([]byte(list), &known); err != nil || len(known.Traces) == 0 {
		t.Fatalf("the admin door shows no traces: %v\n%s", err, list)
	}
	all := []byte(list)
	for _, each := range known.Traces {
		all = append(all, w.Admin(t, "/traces/"+each.ID)...)
	}
	return all
}

func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all[entry.Name()] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// spellings are a secret as programs write it.
func spellings(text string) map[string][]byte {
	all := map[string][]byte{
		"text": []byte(text), "hexadecimal text": []byte(hex.EncodeToString([]byte(text))),
		"UTF-16, little end first": inUTF16(text, 0), "UTF-16, big end first": inUTF16(text, 1),
	}
	for shift := range 3 { // In base64 a text looks in three ways, by where it begins.
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
		all[fmt.Sprint("base64, shifted by ", shift)] = []byte(encoded[shift+1+(shift+1)/2 : len(encoded)-4])
	}
	packed, err := hex.DecodeString(text)
	if err == nil && len(text) > 12 { // Two digits a byte: BCD, and a device token's own bytes.
		all["two digits a byte"] = packed
		all["groups of four"] = []byte(strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, " "))
	}
	return all
}

func inUTF16(text string, bigEnd int) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		two := [2]byte{byte(unit), byte(unit >> 8)}
		out = append(out, two[bigEnd], two[1-bigEnd])
	}
	return out
}
