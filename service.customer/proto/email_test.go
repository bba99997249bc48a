package customerproto_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	customerproto "farthing/service.customer/proto"
)

func TestOneAddressIsWrittenInManyWays(t *testing.T) {
	for normal, ways := range map[string][]string{
		"ada@example.com":                 {"ada@example.com", "Ada@Example.Com", " ADA@EXAMPLE.COM\t", "ada@example.com."},
		"ada+bank@example.com":            {"Ada+Bank@example.com"},
		"a.d.a@example.com":               {"A.D.A@example.com"},
		"zoë@example.com":                 {"Zoë@example.com", "zoe\u0308@example.com", "ZOË@example.com"},
		"ada@xn--hxajbheg2az3al.xn--qxam": {"ada@παράδειγμα.ελ", "ada@ΠΑΡΆΔΕΙΓΜΑ.ελ", "ada@xn--hxajbheg2az3al.xn--qxam"},
		`"a@b"@example.com`:               {`"A@b"@Example.com`},
		"ada@under_score.com":             {"ada@Under_Score.com"},
	} {
		for _, way := range ways {
			if got := customerproto.NormalEmail(way); got != normal {
				t.Errorf("%q is %q, want %q", way, got, normal)
			}
		}
	}
}

func TestANormalAddressStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		normal := customerproto.NormalEmail(rapid.String().Draw(t, "local") + "@" + rapid.String().Draw(t, "host"))
		if again := customerproto.NormalEmail(normal); again != normal {
			t.Fatalf("%q becomes %q", normal, again)
		}
	})
}

func TestAddressesOfDifferentPeopleStayApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.StringMatching(`[a-z0-9.+_-]{1,10}@[a-z0-9]{1,10}\.(com|co\.uk)`)
		one, other := address.Draw(t, "one"), address.Draw(t, "other")
		same := customerproto.NormalEmail(strings.ToUpper(one)) == customerproto.NormalEmail(other)
		if same != (one == other) {
			t.Fatalf("%q and %q: the same is %v", one, other, same)
		}
	})
}
