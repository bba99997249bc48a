package mail_test

import (
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ourmail "farthing/service.auth/mail"
)

const (
	from = "Farthing <login@bank.example>"
	link = "https://login.bank.example/link?login=login_00009zIcpb1TB4yeIFXMzx&key=farthing_ml_" +
		"abcdefghijklmnopqrstuvwxyz0123456789=_-ABCDEF"
)

func message() ourmail.Message {
	return ourmail.Message{To: "ada@example.com", Subject: "Log in – Farthing", Text: "Follow this:\n\n" + link + "\n"}
}

func TestAMailInAFolderCanBeReadAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "below", "mail")
	folder := ourmail.NewFolder(path, from)
	if err := folder.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	names, err := ourmail.Names(path)
	if err != nil || len(names) != 1 {
		t.Fatalf("there are %v, %v", names, err)
	}
	file := filepath.Join(path, names[0])
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), "\n"+link) {
		t.Errorf("the link is not whole in\n%s", content)
	}
	read, err := mail.ReadMessage(strings.NewReader(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"From": `"Farthing" <login@bank.example>`, "To": "<ada@example.com>"} {
		if got := read.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if _, err := read.Header.Date(); err != nil || !strings.HasSuffix(read.Header.Get("Message-ID"), "@bank.example>") {
		t.Errorf("the date is %v, the id %s", err, read.Header.Get("Message-ID"))
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

func TestAFolderKeepsTheNewestMailsAndNothingElse(t *testing.T) {
	path := t.TempDir()
	folder := ourmail.NewFolder(path, from)
	for n := range 250 { // They are older than whatever comes now.
		name := filepath.Join(path, fmt.Sprintf("20000101T%06d.000Z-x.eml", n))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := folder.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	names, err := ourmail.Names(path)
	if err != nil || len(names) != 200 {
		t.Fatalf("%d are left, %v", len(names), err)
	}
	if names[0] != "20000101T000051.000Z-x.eml" || strings.HasPrefix(names[199], "2000") {
		t.Errorf("they are from %s to %s", names[0], names[199])
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) != 200 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestAMailToNoAddressIsNotWrittenNorQuoted(t *testing.T) {
	path := t.TempDir()
	folder := ourmail.NewFolder(path, from)
	for _, to := range []string{"", "ada", "ada@example.com, eve@example.com", "ada@example.com\r\nBcc: eve@example.com"} {
		m := message()
		m.To = to
		if err := folder.Send(t.Context(), m); err == nil || strings.Contains(err.Error(), "ada") {
			t.Errorf("%q: %v", to, err)
		}
	}
	if entries, err := os.ReadDir(path); err != nil || len(entries) > 0 {
		t.Errorf("written is %v, %v", entries, err)
	}
}

func TestAFolderThatIsNotThereHasNoMails(t *testing.T) {
	if names, err := ourmail.Names(filepath.Join(t.TempDir(), "x")); err != nil || len(names) != 0 {
		t.Errorf("got %v, %v", names, err)
	}
}

func bodyOf(t *testing.T, text string) string {
	t.Helper()
	read, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(read.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
