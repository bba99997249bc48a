package apiproto

import "testing"

func TestAFilesURLTellsItsTokenWhereverTheBankIsFound(t *testing.T) {
	for url, want := range map[string]string{
		FileURL("https://api.example", "TOKEN", "lunch.png"):          "TOKEN",
		FileURL("http://127.0.0.1:8080/api", "TOKEN", "a") + "?x=1#y": "TOKEN",
		"https://api.example/attachment/file/TOKEN":                   "TOKEN",
		UploadURL("https://api.example", "TOKEN"):                     "",
		"https://api.example/lunch.png":                               "",
		"https://api.example/?a=/attachment/file/TOKEN/":              "",
		"://": "", "": "",
	} {
		if got := FileToken(url); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}
