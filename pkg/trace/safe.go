package trace

import "strings"

// A card number has 12 to 19 digits. No id of ours has so many in a row, but for one in millions.
const cardDigits = 12

// Safe is text with every run of twelve digits or more cut out of it, in case a card number has strayed into what is
// meant for a log or a trace. It is a last net, not a licence.
func Safe(text string) string {
	from, to := longDigits(text)
	if from < 0 {
		return text
	}
	var out strings.Builder
	for from >= 0 {
		out.WriteString(text[:from])
		out.WriteString("[digits]")
		text = text[to:]
		from, to = longDigits(text)
	}
	out.WriteString(text)
	return out.String()
}

// longDigits finds the first run of cardDigits digits or more, or answers -1.
func longDigits(text string) (from, to int) {
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] >= '0' && text[i] <= '9' {
			continue
		}
		if i-start >= cardDigits {
			return start, i
		}
		start = i + 1
	}
	return -1, -1
}
