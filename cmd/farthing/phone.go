package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/terminal"
	"farthing/service.apns/fakeapple"
)

// showPhone shows what the demonstration customer's phone shows, push by push, until ctx ends.
func (p *program) showPhone(ctx context.Context, b *bank.Bank) {
	if b.Phones == nil || b.Notice.Demonstration == nil || p.json() {
		return
	}
	var shown []fakeapple.Delivery
	for pushes := b.Phones.Total(); b.Phones.Wait(ctx, pushes+1) == nil; {
		pushes = b.Phones.Total()
		now := b.Phones.Shown(b.Notice.Demonstration.DeviceToken)
		for _, each := range fresh(shown, now) {
			fmt.Fprintf(p.screen, "📱 %s\n", p.notification(each))
		}
		shown = now
	}
}

// showMail shows what is mailed to customers and applicants, and the links by which customers log in, until ctx ends:
// for whoever develops with a bank and has no mail.
func (p *program) showMail(ctx context.Context, b *bank.Bank) {
	if p.json() {
		return
	}
	b.Mails.Each(ctx, func(text string) {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			return // It is in the folder for whoever wants to know.
		}
		subject, to := terminal.Visible(m.Header.Get("Subject")), terminal.Visible(m.Header.Get("To"))
		fmt.Fprintf(p.screen, "✉️  %s  %s\n", p.screen.Bold(subject), to)
		for lines := bufio.NewScanner(m.Body); lines.Scan(); {
			if line := lines.Text(); strings.HasPrefix(line, "http") {
				fmt.Fprintf(p.screen, "   %s\n", terminal.Visible(line))
			}
		}
	})
}

// fresh is what a phone shows now and did not show before, or showed otherwise.
func fresh(before, now []fakeapple.Delivery) []fakeapple.Delivery {
	known := make(map[string]bool, len(before))
	for _, each := range before {
		known[each.ApnsID] = true
	}
	var news []fakeapple.Delivery
	for _, each := range now {
		if !known[each.ApnsID] {
			news = append(news, each)
		}
	}
	return news
}

func (p *program) notification(d fakeapple.Delivery) string {
	var payload struct {
		APS struct {
			Alert struct {
				Title string `json:"title"`
				Body  string `json:"body"`
			} `json:"alert"`
		} `json:"aps"`
	}
	if err := json.Unmarshal(d.Payload, &payload); err != nil {
		return string(d.Payload)
	}
	alert := payload.APS.Alert
	return p.screen.Bold(terminal.Visible(alert.Title)) + "  " + terminal.Visible(alert.Body)
}
