package openapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
)

func serve(t *testing.T) *edgetest.Door {
	t.Helper()
	router := &edge.Router{}
	router.Mount("/", Routes())
	return edgetest.Serve(t, edge.Handler(router))
}

func TestTheDocumentIsServedPlainAndGzipped(t *testing.T) {
	door := serve(t)
	for accepted, packed := range map[string]bool{
		"identity": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip;q=0.0, br": false, "*": true,
	} {
		rsp := door.With("Accept-Encoding", accepted).Get("/openapi.yaml")
		body := rsp.Body
		if rsp.Header.Get("Content-Encoding") == "gzip" != packed || rsp.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: got the headers %v", accepted, rsp.Header)
		}
		if packed {
			var err error
			if body, err = unpack(body); err != nil {
				t.Fatal(err)
			}
		}
		media := rsp.Header.Get("Content-Type")
		if rsp.Status != http.StatusOK || media != "application/yaml" || !bytes.Equal(body, document) {
			t.Errorf("%s: got %d, %d bytes of %s", accepted, rsp.Status, len(body), media)
		}
	}
}

// TestThePageFindsAllThatItNeedsHere is also that it needs nothing from elsewhere, and nothing that its policy forbids.
func TestThePageFindsAllThatItNeedsHere(t *testing.T) {
	door := serve(t)
	shown := door.Get("/docs")
	if shown.Header.Get("Content-Security-Policy") != policy || shown.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got the headers %v", shown.Header)
	}
	for what, pattern := range map[string]string{
		"another host": `(?i)(src|href)="(https?:)?//`, "a style of its own": `(?i)<style|style=`,
		"a script of its own": `(?is)<script[^>]*>[^<]|<script>|\son[a-z]+=|javascript:`,
	} {
		if found := regexp.MustCompile(pattern).Find(shown.Body); found != nil {
			t.Errorf("the page has %s: %s", what, found)
		}
	}
	parts := regexp.MustCompile(`(?:src|href)="((?:docs/)?[a-z.-]+)"`).FindAllSubmatch(shown.Body, -1)
	if len(parts) != 4 {
		t.Errorf("the page needs %d things", len(parts))
	}
	for _, part := range parts {
		if rsp := door.Get("/" + string(part[1])); rsp.Status != http.StatusOK || len(rsp.Body) == 0 {
			t.Errorf("%s: got %d", part[1], rsp.Status)
		}
	}
	slash := door.Get("/docs/")
	if slash.Status != http.StatusFound || slash.Header.Get("Location") != "../docs" {
		t.Errorf("with a slash at its end: got %d to %q", slash.Status, slash.Header.Get("Location"))
	}
	if rsp := door.Get("/docs/index.html"); rsp.Status != http.StatusNotFound {
		t.Errorf("a file that is not there: got %d", rsp.Status)
	}
}

// TestSwaggerUIIsThatOfItsPackage goes by the hashes of the files in swagger-ui-dist 5.35.0, see NOTICE.
func TestSwaggerUIIsThatOfItsPackage(t *testing.T) {
	for want, packed := range map[string][]byte{
		"e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2": bundlePacked,
		"5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d": stylePacked,
	} {
		plain, err := unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(plain); hex.EncodeToString(sum[:]) != want {
			t.Errorf("a file of %d bytes has the hash %x", len(plain), sum)
		}
	}
}
