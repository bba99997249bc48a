package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	feedproto "farthing/service.feed/proto"
)

// place binds sealed texts to their item, so that they open in no other.
func place(itemID string) []byte { return []byte("feed.texts/" + itemID) }

// sealed is an item as it is kept: a personal one without its texts, and these under its user's key.
func (s *Items) sealed(ctx context.Context, item *feedproto.Item) (kept *feedproto.Item, texts []byte, err error) {
	if !item.GetPersonal() {
		return item, nil, nil
	}
	kept = proto.CloneOf(item)
	plain, err := proto.Marshal(takeTexts(kept))
	if err != nil {
		return nil, nil, fmt.Errorf("marshalling texts: %w", err)
	}
	key, err := s.keys.Ensure(ctx, item.GetUserId())
	if err != nil {
		return nil, nil, err
	}
	return kept, key.Seal(plain, place(item.GetId())), nil
}

// takeTexts takes out of a personal item what names persons, and answers it: title and body, and all that a program
// said, for its URLs may tell whom they are for.
func takeTexts(item *feedproto.Item) *feedproto.Item {
	texts := &feedproto.Item{Title: item.GetTitle(), Body: item.GetBody()}
	item.Title, item.Body = "", ""
	if item.GetType() == feedproto.TypeBasic {
		texts.ImageUrl, texts.Url = item.GetImageUrl(), item.GetUrl()
		item.ImageUrl, item.Url = "", ""
	}
	return texts
}

// forgotten is the title of an item whose user was.
const forgotten = "Somebody"

// unseal puts the texts of a personal item back. Keys are the ones that were fetched already, and grow.
func (s *Items) unseal(
	ctx context.Context, item *feedproto.Item, texts []byte, keys map[string]*seal.DataKey,
) error {
	if !item.GetPersonal() {
		return nil
	}
	key, known := keys[item.GetUserId()]
	if !known {
		var err error
		if key, err = s.keys.Key(ctx, item.GetUserId()); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		keys[item.GetUserId()] = key
	}
	if key == nil {
		item.Title = forgotten
		return nil
	}
	plain, err := key.Open(texts, place(item.GetId()))
	if err != nil {
		return fmt.Errorf("opening %s: %w", item.GetId(), err)
	}
	var shown feedproto.Item
	if proto.Unmarshal(plain, &shown) != nil { // Its words might quote what it reads.
		return errs.Newf(errs.Internal, "the texts of %s are not what was stored", item.GetId())
	}
	proto.Merge(item, &shown)
	return nil
}
