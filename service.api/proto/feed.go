package apiproto

import (
	feedproto "farthing/service.feed/proto"
)

// FeedItem is an item of an account's feed as the API shows it.
type FeedItem struct {
	ID            string `json:"id"`
	Type          string `json:"type"`
	AccountID     string `json:"account_id"`
	TransactionID string `json:"transaction_id"` // "" unless it is about one.
	Created       string `json:"created"`
	Title         string `json:"title"`
	Body          string `json:"body"`
	Emoji         string `json:"emoji"`
	Amount        int64  `json:"amount"`   // Minor units, negative when money goes out.
	Currency      string `json:"currency"` // "" when the item is not about money.
	ImageURL      string `json:"image_url"`
	*looks
}

// looks are what only an item that a program has added says. What is empty the app chooses by itself.
type looks struct {
	URL             string `json:"url"` // What a tap opens.
	BackgroundColor string `json:"background_color"`
	TitleColor      string `json:"title_color"`
	BodyColor       string `json:"body_color"`
}

// FeedItemOf is an item as the API shows it.
func FeedItemOf(item *feedproto.Item) FeedItem {
	shown := FeedItem{
		ID: item.GetId(), Type: item.GetType(), AccountID: item.GetAccountId(), TransactionID: item.GetTransactionId(),
		Created: Time(item.GetCreatedMs()), Title: item.GetTitle(), Body: item.GetBody(), Emoji: item.GetEmoji(),
		Amount: item.GetAmount().GetMinor(), Currency: item.GetAmount().GetCurrency(), ImageURL: item.GetImageUrl(),
	}
	if item.GetType() == feedproto.TypeBasic {
		shown.looks = &looks{item.GetUrl(), item.GetBackgroundColor(), item.GetTitleColor(), item.GetBodyColor()}
	}
	return shown
}
