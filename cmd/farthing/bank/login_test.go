package bank_test

import (
	"net/url"
	"strings"
	"testing"

	"farthing/cmd/farthing/demo"
	"farthing/service.auth/door/doortest"
)

func TestTheDemonstrationsProgramLogsItsCustomerInByALinkThatIsShown(t *testing.T) {
	o := options(t)
	b := up(t, o)
	defer stop(t, b)
	n := b.Notice
	shown := make(chan string)
	go b.Mails.Each(t.Context(), func(text string) { shown <- text })
	browser := doortest.New(t, nil, n.Login)
	const callback = "http://localhost:8080/callback"
	browser.Ask(n.Login+"?"+url.Values{
		"client_id": {n.Demonstration.ClientID}, "redirect_uri": {callback}, "response_type": {"code"},
	}.Encode(), demo.Email)
	link := doortest.LinkIn(<-shown)
	if !strings.HasPrefix(link, n.Login) {
		t.Fatalf("the link leads elsewhere than %s", n.Login)
	}
	location := browser.Approve(browser.Follow(link))
	if !strings.HasPrefix(location, callback+"?code=farthing_ac_") {
		t.Errorf("the browser is sent to %s", location)
	}
}
