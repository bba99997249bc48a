package logic_test

import (
	"math/big"
	"strings"
	"testing"

	"farthing/service.receipt/logic"
)

func TestAQuantityIsAPlainDecimalWithoutNeedlessDigits(t *testing.T) {
	for text, want := range map[string]string{
		"": "0", "0": "0", "-0.00": "0", "1": "1", "007": "7", "18.56": "18.56", "18.560": "18.56", "1856e-2": "18.56",
		"0.1856E+2": "18.56", "-0.3": "-0.3", "1e3": "1000", "1.5e1": "15", "1e-05": "0.00001", "0e9": "0",
		"0.30000000000000004": "0.30000000000000004", "999999999999.999999999999999999": "999999999999.999999999999999999",
		"123456789012e-30": "", "1e30": "", "1234567890123": "", "0.1234567890123456789": "", "1e999999999999": "",
		"NaN": "", "Infinity": "", "1,5": "", "1.": "", ".5": "", "--1": "", "+1": "", "1e": "", "e1": "", "0x1": "",
		" 1": "", "1.2.3": "", "½": "",
	} {
		got, ok := logic.Quantity(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
}

func FuzzAQuantityIsTheSameNumberOrRefused(f *testing.F) {
	for _, seed := range []string{"0", "-18.56", "1856e-2", "1e30", "0.000000000000000001", "1e-18", "00.10e1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := logic.Quantity(text)
		if !ok || text == "" {
			return
		}
		want, isNumber := new(big.Rat).SetString(text)
		read, isPlain := new(big.Rat).SetString(got)
		if !isNumber || !isPlain || want.Cmp(read) != 0 || strings.ContainsAny(got, "eE+") {
			t.Fatalf("%q is read as %q", text, got)
		}
		if again, ok := logic.Quantity(got); !ok || again != got {
			t.Fatalf("%q is read as %q", got, again)
		}
	})
}
