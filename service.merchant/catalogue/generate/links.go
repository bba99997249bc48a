package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

// links is what the index's copy of Wikidata has on a brand.
type links struct {
	Logos            struct{ Wikidata string }
	Identities       struct{ Website string }
	OfficialWebsites []string
}

func addLinks(ctx context.Context, f fetcher, brands []*brand) error {
	data, err := f.file(ctx, brandIndex, "dist/wikidata/wikidata.json")
	if err != nil {
		return err
	}
	var copied struct{ Wikidata map[string]links }
	if err := json.Unmarshal(data, &copied); err != nil {
		return err
	}
	for _, b := range brands {
		if found, ok := copied.Wikidata[b.wikidata]; ok {
			b.website, b.logo = found.website(), found.logoFile()
		}
	}
	return nil
}

// website prefers the address for customers at home.
func (l links) website() string {
	for _, site := range append(l.OfficialWebsites, l.Identities.Website) {
		if u, err := url.Parse(site); err == nil && strings.HasSuffix(u.Host, ".uk") {
			return trimmed(u)
		}
	}
	u, err := url.Parse(l.Identities.Website)
	if err != nil {
		return ""
	}
	return trimmed(u)
}

func trimmed(u *url.URL) string {
	if u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return u.Host + strings.TrimSuffix(u.EscapedPath(), "/")
}

// logoFile is the name of the file at Wikimedia Commons, from either of the forms of address in use.
func (l links) logoFile() string {
	const path, redirect = "/wiki/Special:FilePath/", "Special:Redirect/file/"
	u, err := url.Parse(strings.ReplaceAll(l.Logos.Wikidata, " ", "%20"))
	if err != nil || u.Host != "commons.wikimedia.org" {
		return ""
	}
	if name, ok := strings.CutPrefix(u.Path, path); ok {
		return name
	}
	name, _ := strings.CutPrefix(u.Query().Get("title"), redirect)
	return name
}
