package logic_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/service.merchant/catalogue"
	"farthing/service.merchant/logic"
)

func TestPretIsPret(t *testing.T) {
	got := newResolver(t).Resolve("PRET A MANGER 1234 LONDON GBR", "5814")
	want := logic.Merchant{
		ID: got.ID, GroupID: got.GroupID, Name: "Pret A Manger",
		Category: "eating_out", Emoji: "🥪", City: "London", Country: "GB",
		Website: "https://www.pret.co.uk", Kind: "sandwich", Known: true,
		Logo: "https://commons.wikimedia.org/wiki/Special:FilePath/PretAManger%20logo.svg?width=256",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIDsLast(t *testing.T) {
	r := newResolver(t)
	for descriptor, want := range map[string][2]string{
		"PRET A MANGER 1234 LONDON GBR":        {"merch_0piUbbG2BXi09x45fxGtSS", "grp_4NwTUlpJai70QVXUzDj3YH"},
		"ZETTLE_*HERNE HILL BAKERY LONDON GBR": {"merch_123R74M5agtnpgDjNK5mRh", "grp_5hqhDn55oO9huD83l5DYTz"},
	} {
		got := r.Resolve(descriptor, "")
		if got.ID != want[0] || got.GroupID != want[1] {
			t.Errorf("%q: got %s, %s: every merchant's id would change", descriptor, got.ID, got.GroupID)
		}
	}
}

func TestTillsAndNumbersMakeNoNewMerchant(t *testing.T) {
	r := newResolver(t)
	first := r.Resolve("PRET A MANGER 1234 LONDON GBR", "5814")
	for _, descriptor := range []string{
		"PRET A MANGER 0007 LONDON GBR", "Pret A Manger London GBR", "PRET A MANGER-0345      LONDON     GBR",
		"SUMUP *PRET A MANGER LONDON GBR",
	} {
		if diff := cmp.Diff(first, r.Resolve(descriptor, "5814")); diff != "" {
			t.Errorf("%q:\n%s", descriptor, diff)
		}
	}
}

func TestABrandsTownsAreMerchantsOfOneGroup(t *testing.T) {
	r := newResolver(t)
	leeds, york := r.Resolve("TESCO STORES 1 LEEDS GBR", "5411"), r.Resolve("TESCO STORES 2 YORK GBR", "5411")
	pump := r.Resolve("TESCO PAY AT PUMP 17 LEEDS GBR", "5542")
	if leeds.GroupID != york.GroupID || leeds.GroupID != pump.GroupID {
		t.Errorf("groups %s, %s, %s differ", leeds.GroupID, york.GroupID, pump.GroupID)
	}
	if leeds.ID == york.ID || leeds.ID == pump.ID {
		t.Errorf("merchants %s, %s, %s do not differ", leeds.ID, york.ID, pump.ID)
	}
}

func TestACodeThatIsNoneIsPassedOver(t *testing.T) {
	r := newResolver(t)
	want := r.Resolve("PRET A MANGER LONDON GBR", "")
	for _, mcc := range []string{"0000", "58", "58140", "abcd", "\xff", strings.Repeat("9", 1000)} {
		if diff := cmp.Diff(want, r.Resolve("PRET A MANGER LONDON GBR", mcc)); diff != "" {
			t.Errorf("%q:\n%s", mcc, diff)
		}
	}
}

func TestCashMachinesGiveCash(t *testing.T) {
	r := newResolver(t)
	for descriptor, mcc := range map[string]string{
		"BARCLAYS BANK PLC LONDON GBR": "6011", "CASH MACHINE HIGH STREET EPSOM GBR": "", "": "6011",
	} {
		if m := r.Resolve(descriptor, mcc); !m.ATM || m.Category != "cash" || m.Emoji != "🏧" {
			t.Errorf("%q: got %+v", descriptor, m)
		}
	}
}

func TestSalesFromAfarAreOnline(t *testing.T) {
	r := newResolver(t)
	for descriptor, want := range map[string]bool{
		"PAYPAL *JOHNSMITH 4029357733 GBR": true, "ALLPLANTS.COM LONDON GBR": true, "NETFLIX.COM 408-724-9160 NLD": true,
		"SQ *THE FLOWER STALL BATH GBR": false, "TESCO STORES 6210 LONDON GBR": false,
	} {
		if m := r.Resolve(descriptor, ""); m.Online != want {
			t.Errorf("%q: online %v, want %v", descriptor, m.Online, want)
		}
	}
}

func TestNamesAreMadeTidy(t *testing.T) {
	for name, want := range map[string]string{
		"THE HERNE HILL BAKERY LTD 0042": "The Herne Hill Bakery",
		"JOES BBQ SHACK":                 "Joes BBQ Shack",
		"O'NEILLS BAR":                   "O'Neills Bar",
		"MCKENZIES":                      "McKenzies",
		"NANDO'S":                        "Nando's",
		"FISH&CHIPS":                     "Fish&Chips",
		"CAT & FIDDLE":                   "Cat & Fiddle",
		"CO-WORK HUB STORE 0123":         "Co-Work Hub",
		"STUDIO 54":                      "Studio 54",
		"ÉLAN CAFÉ":                      "Élan Café",
		"ＦＵＬＬ　ＷＩＤＴＨ":                     "Ｆｕｌｌ Ｗｉｄｔｈ",
		"a\x00bo\u202ec\xff":             "A Boc",
		"***":                            "",
	} {
		if got := logic.Tidy(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// check is what holds for every merchant, whatever the descriptor.
func check(t interface{ Errorf(string, ...any) }, descriptor string, m logic.Merchant) {
	for what, text := range map[string]string{"name": m.Name, "city": m.City, "website": m.Website, "logo": m.Logo} {
		if !utf8.ValidString(text) {
			t.Errorf("%q: %s %q is not UTF-8", descriptor, what, text)
		}
		if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
			t.Errorf("%q: %s %q has a control character", descriptor, what, text)
		}
	}
	if n := utf8.RuneCountInString(m.Name); n == 0 || n > 64 || strings.TrimSpace(m.Name) != m.Name {
		t.Errorf("%q: name %q", descriptor, m.Name)
	}
	if len(m.ID) != len("merch_")+22 || len(m.GroupID) != len("grp_")+22 {
		t.Errorf("%q: ids %q, %q", descriptor, m.ID, m.GroupID)
	}
	if m.Category == "" || m.Emoji == "" || (m.Country != "" && len(m.Country) != 2) {
		t.Errorf("%q: %+v", descriptor, m)
	}
	if once := logic.Tidy(descriptor); logic.Tidy(once) != once {
		t.Errorf("%q: tidy %q, and tidied again %q", descriptor, once, logic.Tidy(once))
	}
}

func FuzzAnythingIsAMerchant(f *testing.F) {
	for _, l := range labels(f) {
		f.Add(l.descriptor, l.mcc)
	}
	for _, odd := range []string{"", " ", "*", "SQ *", "\x00\x01\x02", "\xff\xfe", "GBR", "....", "A.CO", "&&&", "- - -",
		strings.Repeat("A", 10_000), strings.Repeat("É ", 200), "ŉ ǆ ß İ ﬁ", "０１２３", "mcmcmc o'o'o'neil",
		"LTD LTD 0001"} {
		f.Add(odd, "")
	}
	r := newResolver(f)
	f.Fuzz(func(t *testing.T, descriptor, mcc string) {
		check(t, descriptor, r.Resolve(descriptor, mcc))
	})
}

func TestEqualIDsMeanEqualMerchants(t *testing.T) {
	r := newResolver(t)
	seen := map[string]logic.Merchant{}
	word := rapid.SampledFrom(strings.Fields(`PRET A MANGER TESCO STORES EXPRESS COSTA COFFEE THE CROWN & BAKERY SQ *
		PAYPAL 0042 1234 LONDON LEEDS READING GBR FRA USA TESCO.COM NEXT UK LTD ATM CAFE BOOTS SHELL AMAZON.CO.UK`))
	mcc := rapid.SampledFrom([]string{"", "5411", "5541", "5812", "5814", "6011", "5999", "4111"})
	rapid.Check(t, func(t *rapid.T) {
		descriptor := strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, "words"), " ")
		m := r.Resolve(descriptor, mcc.Draw(t, "mcc"))
		check(t, descriptor, m)
		if known, ok := seen[m.ID]; ok {
			if diff := cmp.Diff(known, m); diff != "" {
				t.Fatalf("%s names two merchants:\n%s", m.ID, diff)
			}
		}
		seen[m.ID] = m
	})
}

func BenchmarkResolve(b *testing.B) {
	r := newResolver(b)
	for _, descriptor := range []string{
		"PRET A MANGER 1234 LONDON GBR", "SQ *OZONE COFFEE ROAST LONDON GBR", "AMZNMktplace amazon.co.uk LUX",
		strings.Repeat("A B ", 2_500),
	} {
		b.Run(strings.ReplaceAll(descriptor[:9], " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Resolve(descriptor, "5814")
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		c, err := catalogue.Open()
		if err != nil {
			b.Fatal(err)
		}
		logic.NewResolver(c)
	}
}
