package logic

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// Endings that make a word with full stops an address. The list is short on purpose: E.ON and ST.ALBANS are none.
var endings = map[string]bool{
	"com": true, "net": true, "org": true, "io": true, "uk": true, "eu": true, "de": true, "fr": true, "ie": true,
	"es": true, "it": true, "nl": true, "be": true, "ch": true, "at": true, "pt": true, "se": true, "dk": true,
	"no": true, "pl": true, "co": true, "app": true, "tv": true, "fm": true, "ai": true, "me": true, "to": true,
	"shop": true, "store": true, "dev": true, "us": true, "ca": true, "au": true, "jp": true, "info": true, "gg": true,
}

// site recognises an address such as TFL.GOV.UK/CP: its folded host, and the label that tells whose it is.
func site(word string) (host, label string, ok bool) {
	if !strings.Contains(word, ".") {
		return "", "", false
	}
	address := word
	if _, after, found := strings.Cut(address, "://"); found {
		address = after
	}
	address, _, _ = strings.Cut(address, "/")
	labels := strings.Split(strings.ToLower(address), ".")
	if labels[0] == "www" {
		labels = labels[1:]
	}
	last := len(labels) - 1
	if last < 1 || !endings[labels[last]] {
		return "", "", false
	}
	for _, l := range labels {
		if !isLabel(l) {
			return "", "", false
		}
	}
	telling := last - 1
	switch labels[telling] {
	case "co", "com", "gov", "org", "ac", "net":
		telling = max(0, telling-1)
	}
	return catalogue.FoldWord(strings.Join(labels, "")), labels[telling], true
}

func isLabel(label string) bool {
	for i := range len(label) {
		c := label[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return label != ""
}
