// Package fuzzed has schemathesis ask a whole bank what its public API's document permits, and what it forbids: no
// answer may be a fault of the bank's, or otherwise than the document says.
package fuzzed

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"farthing/e2e/seeded"
	"farthing/e2e/world"
	"farthing/service.api/openapi/openapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// binary is where tools/needs.sh installs it.
const binary = "../../.bin/venv/bin/schemathesis"

// Bounds of a run: test cases of each operation in each phase, and what they are drawn from.
const (
	examples = "40"
	seed     = "20261129"
)

// Operations that are not asked as the others are. A stream has no end, and logging out would leave the rest without a
// token: e2e/contract asks both. Those that take things away come last, when the rest has had them.
var (
	apart    = []string{"followEvents", "logOut", "logOutByPing"}
	takeAway = []string{
		"deletePot", "deregisterAttachment", "deregisterWebhook", "deleteReceipt", "orderCardReplacement",
		"removeFeedItem",
	}
	// unguessable are those that want what cannot be drawn: a code, or a picture.
	unguessable = []string{"createToken", "putFile", "uploadFile"}
)

// checks are all that schemathesis has but for three kinds: that what is well-formed succeeds, which the state of
// things may forbid; that what is not is refused, since a field that is null or empty counts as not sent; and those
// about links, which the document has none of.
const checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance," +
	"response_schema_conformance,missing_required_header,unsupported_method,allow_header_conformance,ignored_auth"

func TestTheAPIAnswersAsItsDocumentSaysWhateverItIsAsked(t *testing.T) {
	w := world.New(t, world.Options{Webhooks: true})
	c, seen := seeded.New(t, w, w.Receiver(t), "alice"), newTally(t)
	document := own(t, c, append(slices.Clone(takeAway), "toggleCard")...)
	arguments := arguments(document, serve(t, w, seen), c.Token)
	for _, some := range [][]string{
		each("--exclude-operation-id", slices.Concat(apart, takeAway)), each("--include-operation-id", takeAway),
	} {
		if output, err := run(t, slices.Concat(arguments, some)); err != nil {
			t.Errorf("schemathesis: %v\n%s", err, output)
		}
	}
	seen.wantAll(t)
}

// TestWhatIsNotAsTheDocumentSaysIsFound is the control: of the answer to a ping the document says something else.
func TestWhatIsNotAsTheDocumentSaysIsFound(t *testing.T) {
	w := world.New(t, world.Options{})
	document := own(t, seeded.Nobody())
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(document, bytes.ReplaceAll(text, []byte(`["pong"]`), []byte(`["ping"]`)), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := arguments(document, serve(t, w, newTally(t)), "nobody")
	output, err := run(t, append(arguments, "--include-operation-id", "ping"))
	if err == nil || !bytes.Contains(output, []byte("Response violates schema")) {
		t.Errorf("it was not found: %v\n%s", err, output)
	}
}

// arguments are those of every run, against a server with a token.
func arguments(document, server, token string) []string {
	return []string{
		"run", document, "--url", server, "--header", "Authorization: Bearer " + token, "--checks", checks,
		"--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", seed,
		"--generation-database", "none", "--suppress-health-check", "all", "--no-color", "--warnings", "off",
	}
}

func each(flag string, values []string) []string {
	var all []string
	for _, value := range values {
		all = append(all, flag, value)
	}
	return all
}

// run is what schemathesis says; it fails if that finds something.
func run(t *testing.T, arguments []string) ([]byte, error) {
	t.Helper()
	program, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("schemathesis is not installed (make needs installs it): %v", err)
	}
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = t.TempDir()
	command.Env = append(command.Environ(), "COLUMNS=120", "PYTHONDONTWRITEBYTECODE=1")
	return command.CombinedOutput()
}

// serve has the public door of a world on the loopback: another process comes there. What it is answered passes the
// world's own check, too.
func serve(t *testing.T, w *world.World, seen *tally) string {
	t.Helper()
	door, err := url.Parse("http://public")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(door) }, Transport: w.HTTP().Transport, ModifyResponse: seen.add,
		ErrorHandler: func(out http.ResponseWriter, _ *http.Request, _ error) { out.WriteHeader(http.StatusBadGateway) },
	})
	t.Cleanup(server.Close)
	return server.URL
}

// tally is how often each operation was answered with each status.
type tally struct {
	document *openapitest.Document

	mu    sync.Mutex // Guards times.
	times map[string]map[int]int
}

func newTally(t *testing.T) *tally {
	t.Helper()
	document, err := openapitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &tally{document: document, times: make(map[string]map[int]int)}
}

func (a *tally) add(rsp *http.Response) error {
	o, ok := a.document.Find(rsp.Request.Method, rsp.Request.URL.Path)
	if !ok {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.times[o.ID] == nil {
		a.times[o.ID] = make(map[int]int)
	}
	a.times[o.ID][rsp.StatusCode]++
	return nil
}

// wantAll fails unless each operation that was asked has succeeded, and each that can has refused something: a run of
// refusals alone would prove little.
func (a *tally) wantAll(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.document.Operations() {
		t.Logf("%s %v", o.ID, a.times[o.ID])
		if slices.Contains(apart, o.ID) {
			continue
		}
		if a.times[o.ID][http.StatusOK] == 0 && !slices.Contains(unguessable, o.ID) {
			t.Errorf("%s has never succeeded", o.ID)
		}
		if len(a.times[o.ID]) < 2 && len(o.Scopes) > 0 {
			t.Errorf("%s was never refused", o.ID)
		}
	}
}
