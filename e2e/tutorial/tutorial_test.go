// Package tutorial does what docs/api.md tells its readers to do.
package tutorial

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/bank"
	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.auth/door/doortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	repository = "../.."
	// patience is how long what must happen may take: far more than it does, for a busy machine.
	patience = 3 * time.Minute
	// firstPort is where the page's bank is, and hooksPort where its reader listens.
	firstPort = 8080
	hooksPort = 9000
)

// reader is somebody who does what the page says, in a folder that stands for a clone of the repository. On the page
// the bank is on its usual ports; here it is on others, which are translated both ways.
type reader struct {
	t         *testing.T
	folder    string
	environ   []string
	ports     map[int]int // On the page, and here.
	shell     *shell
	terminals map[string]*terminal
	code      string // What came back with the browser.
}

func TestThePageIsTrue(t *testing.T) {
	blocks := blocksOf(t, repository+"/docs/api.md")
	r := newReader(t)
	for _, b := range blocks {
		switch {
		case b.language == "go" && b.marker == inFile:
			r.save(b)
		case b.language == "console" && b.marker == inTerminal:
			r.watch(b)
		case b.language == "console":
			for _, e := range b.exchanges() {
				r.do(e, b)
			}
		default:
			t.Fatalf("line %d: nobody knows what to do with this block", b.line)
		}
	}
}

func newReader(t *testing.T) *reader {
	t.Helper()
	for _, needed := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(needed); err != nil {
			t.Fatalf("this test needs %s: tools/needs.sh installs it", needed)
		}
	}
	r := &reader{
		t: t, folder: t.TempDir(), ports: map[int]int{hooksPort: freePort(t)}, terminals: make(map[string]*terminal),
	}
	r.clone()
	r.environ = append(os.Environ(), "PATH="+filepath.Join(r.folder, "stand-ins")+":"+os.Getenv("PATH"),
		"FARTHING_DATA=", world.NoStandIn+"=-1")
	r.shell = newShell(t, r)
	return r
}

// freePort is one that nobody listens on, and that the machine gives to nobody by itself.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		port := 20000 + rand.IntN(10000)
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = listener.Close()
			return port
		}
	}
}

// clone makes the folder look like a clone in which the program was built. `make up` is a stand-in that does what the
// Makefile does, but for the build and the ports.
func (r *reader) clone() {
	r.t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		r.t.Fatal(err)
	}
	makefile := r.read(filepath.Join(root, "Makefile"))
	const recipe = "\t@go build -o bin/farthing ./cmd/farthing\n\t@exec bin/farthing up $(ARGS)\n"
	if !strings.Contains(makefile, recipe) {
		r.t.Fatalf("make up is no longer %q", recipe)
	}
	version := regexp.MustCompile(`(?m)^go \S+$`).FindString(r.read(filepath.Join(root, "go.mod")))
	r.write("go.mod", "module clone\n\n"+version+"\n\nrequire farthing v0.0.0\n\nreplace farthing => "+root+"\n")
	r.write("stand-ins/make", "#!/bin/bash\n[ \"$1\" = up ] && exec bin/farthing up --port 0 ${2#ARGS=}\n")
	if err := os.MkdirAll(filepath.Join(r.folder, "bin"), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(program.Build(r.t), filepath.Join(r.folder, "bin/farthing")); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) read(path string) string {
	r.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

func (r *reader) write(path, text string) {
	r.t.Helper()
	path = filepath.Join(r.folder, path)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o700)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// save does what a reader does with a file on the page.
func (r *reader) save(b block) {
	r.t.Helper()
	text := []byte(strings.Join(b.text, "\n") + "\n")
	if tidy, err := format.Source(text); err != nil || !bytes.Equal(tidy, text) {
		r.t.Errorf("line %d: gofmt would write it otherwise: %v", b.line, err)
	}
	r.write(b.mark, r.here(string(text)))
}

// watch starts a command in a terminal of its own, if the block has one, and waits until it shows what is on the page.
func (r *reader) watch(b block) {
	r.t.Helper()
	for _, e := range b.exchanges() {
		if e.command != "" {
			r.terminals[b.mark] = newTerminal(r.t, r, r.here(e.command))
		}
		of := r.terminals[b.mark]
		if of == nil {
			r.t.Fatalf("line %d: nothing runs in the terminal %s", e.line, b.mark)
		}
		want := regexp.MustCompile("(?m)^" + pattern(e.want))
		r.eventually(e, func() (string, bool) {
			r.findDoors()
			said := of.shown.String()[of.seen:]
			found := want.MatchString(r.onPage(said))
			if found {
				of.seen += len(said)
			}
			return said, found
		})
	}
}

// do runs a command, and compares what it prints.
func (r *reader) do(e exchange, b block) {
	r.t.Helper()
	command := r.here(strings.ReplaceAll(e.command, "farthing_ac_…", r.code))
	if strings.Contains(command, "…") {
		r.t.Fatalf("line %d: nobody can type %q", e.line, command)
	}
	want := regexp.MustCompile("^" + pattern(e.want) + "$")
	ask := func() (string, bool) {
		said, code := r.shell.run(command)
		if said != "" && !strings.HasSuffix(said, "\n") {
			said += "\n"
		}
		return said, code == "0" && want.MatchString(r.onPage(said))
	}
	switch b.marker {
	case repeated:
		r.eventually(e, ask)
		return
	case inBrowser, "":
	default:
		r.t.Fatalf("line %d: nobody knows what %q means", b.line, b.marker)
	}
	said, same := ask()
	if !same {
		r.t.Fatalf("line %d: %s\nprints\n%s\nand not\n%s", e.line, e.command, r.onPage(said), e.want)
	}
	if b.marker == inBrowser {
		r.logIn(strings.TrimSpace(said), b.mark)
	}
}

// eventually returns when something is so.
func (r *reader) eventually(e exchange, ask func() (said string, so bool)) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	for {
		said, so := ask()
		if so {
			return
		}
		if clock.Wait(ctx, 50*time.Millisecond) != nil {
			r.t.Fatalf("line %d: %s\nprints\n%s\nand not\n%s", e.line, e.command, r.onPage(said), e.want)
		}
	}
}

// logIn is somebody at a browser, with the bank's terminal in sight. What comes back is the code.
func (r *reader) logIn(address, email string) {
	r.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	browser := doortest.New(r.t, transport, address)
	if page := browser.Ask(address, email); page.Status != http.StatusOK {
		r.t.Fatalf("asking for a link is answered %d %q", page.Status, page.Title())
	}
	link := ""
	r.eventually(exchange{command: address, want: "a link"}, func() (string, bool) {
		said := r.terminals["bank"].shown.String()
		_, mail, _ := strings.Cut(said, "Log in to Farthing  <"+email+">\n")
		link, _, _ = strings.Cut(strings.TrimSpace(mail), "\n")
		return said, strings.Contains(link, "/link?") && strings.HasSuffix(mail, "\n")
	})
	_, came, found := strings.Cut(browser.Approve(browser.Follow(link)), "code=")
	r.code, _, _ = strings.Cut(came, "&")
	if !found {
		r.t.Fatal("no code came back")
	}
}

// findDoors learns where the bank is, once it is up.
func (r *reader) findDoors() {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.folder, ".farthing/bank.json"))
	var is bank.Notice
	if err != nil || json.Unmarshal(text, &is) != nil { // It is not there yet, or not all of it.
		return
	}
	for door, address := range map[foundation.Door]string{
		foundation.Public: is.API, foundation.CardEdge: is.CardEdge, foundation.ISO8583: is.ISO8583,
		foundation.Login: is.Login,
	} {
		port, err := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
		if err != nil {
			r.t.Fatalf("the door %s is at %q", door, address)
		}
		r.ports[foundation.PortOf(door, firstPort)] = port
	}
}

// here is text of the page as it must be said here.
func (r *reader) here(text string) string {
	return r.translated(text, func(page, here int) (int, int) { return page, here })
}

// onPage is what was said here as the page has it.
func (r *reader) onPage(text string) string {
	return r.translated(text, func(page, here int) (int, int) { return here, page })
}

func (r *reader) translated(text string, direction func(page, here int) (from, to int)) string {
	var pairs []string
	for page, here := range r.ports {
		from, to := direction(page, here)
		pairs = append(pairs, fmt.Sprintf("127.0.0.1:%d", from), fmt.Sprintf("127.0.0.1:%d", to))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
