package authproto

// ClientsPath is where the admin door registers and lists clients.
const ClientsPath = "/oauth2/clients"

// ClientView is a client as operators see it.
type ClientView struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret,omitempty"` // Only when it is registered, and not of a public one.
	Name         string   `json:"name"`
	Public       bool     `json:"public"`
	FirstParty   bool     `json:"first_party"`
	RedirectURIs []string `json:"redirect_uris"`
	Scopes       []string `json:"scopes"` // Empty for all there is.
	Owner        string   `json:"owner_user_id"`
	CreatedMs    int64    `json:"created_ms"`
}

// ClientViewOf is a client as operators see it.
func ClientViewOf(c *Client) ClientView {
	return ClientView{
		ID: c.GetId(), Name: c.GetName(), Public: c.GetPublic(), FirstParty: c.GetFirstParty(),
		RedirectURIs: listed(c.GetRedirectUris()), Scopes: listed(c.GetScopes()), Owner: c.GetOwnerUserId(),
		CreatedMs: c.GetCreatedMs(),
	}
}

// listed is never null.
func listed(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// Clients is a page of clients as operators see them.
type Clients struct {
	Clients []ClientView `json:"clients"`
	Next    string       `json:"next_page_token"` // "" at the end.
}

// Registering is what operators send to register a client.
type Registering struct {
	Name         string   `json:"name"`
	Public       bool     `json:"public"`
	FirstParty   bool     `json:"first_party"`
	RedirectURIs []string `json:"redirect_uris"`
	Scopes       []string `json:"scopes"`
	Owner        string   `json:"owner_user_id"`
}
