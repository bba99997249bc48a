package accounts

import (
	"fmt"
	"strings"
)

// The bank's fictitious codes. The 0 in the location of a BIC marks one that is for tests.
const (
	bankCode = "FRTH"
	bic      = bankCode + "GB20"
)

// iban is an account's number as the world outside the country writes it.
type iban struct {
	Unformatted         string `json:"unformatted"`
	Formatted           string `json:"formatted"` // In groups of four.
	BIC                 string `json:"bic"`
	UsageDescription    string `json:"usage_description"`
	UsageDescriptionWeb string `json:"usage_description_web"`
}

// ibanOf is the IBAN of six and eight digits.
func ibanOf(sortCode, accountNumber string) iban {
	const usage = "Give this to somebody who pays in from abroad"
	body := bankCode + sortCode + accountNumber
	number := fmt.Sprintf("GB%02d%s", 98-remainder97(body+"GB00"), body)
	return iban{number, inFours(number), bic, usage, usage}
}

// remainder97 is ISO 7064's: letters count as 10 to 35, and the whole as one long number.
func remainder97(text string) int {
	remainder := 0
	for _, c := range text {
		if c >= '0' && c <= '9' {
			remainder = (remainder*10 + int(c-'0')) % 97
		} else {
			remainder = (remainder*100 + int(c-'A') + 10) % 97
		}
	}
	return remainder
}

func inFours(number string) string {
	var out strings.Builder
	for i, c := range number {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(c)
	}
	return out.String()
}
