package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openbao/openbao/api/v2"
)

// Vault is a server that speaks the interface of HashiCorp Vault and OpenBao. What the
// operator's file leaves open comes from the variables that their own clients read: BAO_ADDR or
// VAULT_ADDR and so on. It is asked over pooled connections, and never twice for one
// answer.
type Vault struct {
	Address   string
	Namespace string
	CAFile    string
	Token     *Reference // read for each login; nil for that of Login or of the environment
	Login     *VaultLogin

	connecting sync.Mutex
	client     *api.Client

	loggingIn sync.Mutex
	issued    issued
}

// VaultLogin is how a token is had: by AppRole or by a Kubernetes service account.
type VaultLogin struct {
	Path   string               // such as auth/approle/login
	Plain  map[string]string    // of what is sent
	Secret map[string]Reference // the rest of it
}

// OpensWith tells whether what a token is had with comes from a kind of place.
func (v *Vault) OpensWith(kind Kind) bool {
	if v.Token != nil {
		return v.Token.Kind == kind
	}
	if v.Login != nil {
		for _, ref := range v.Login.Secret {
			if ref.Kind == kind {
				return true
			}
		}
	}
	return false
}

// issued is what a login of ours to Vault gave: a token, or a refusal.
type issued struct {
	token   string
	refused error
	until   time.Time // when the next login is made; zero for never
}

// rest is how long no login of ours is made after Vault refused one: a thousand logins that
// need it must not lock it.
const rest = 30 * time.Second

// document is what stands at one path.
type document struct {
	values map[string]any
	err    error
}

// absent says that a place has no such secret, or none yet.
type absent string

func (a absent) Error() string        { return string(a) }
func (a absent) Is(target error) bool { return target == fs.ErrNotExist }

// document reads what stands at a path. The path is that of the interface, with data/ in
// it for version 2 of the KV engine: so nothing has to be asked about the mount first.
func (v *Vault) document(ctx context.Context, r *Reading, path string) (map[string]any, error) {
	if v == nil {
		return nil, errors.New("nobody says where our Vault is")
	}
	client, err := v.connect()
	if err != nil {
		return nil, err
	}
	token, err := v.token(ctx, r, client)
	if err != nil {
		return nil, err
	}
	answer, err := with(client, token).ReadWithContext(ctx, path)
	if err != nil {
		return nil, v.refusal(ctx, client, token, err)
	}
	return valuesOf(answer)
}

// valuesOf gives the values of an answer, of either version of the KV engine. Only what
// version 2 answers holds metadata with a version beside the data.
func valuesOf(answer *api.Secret) (map[string]any, error) {
	switch {
	case answer == nil:
		return nil, absent("our Vault has nothing there")
	case slices.ContainsFunc(answer.Warnings, func(w string) bool { return strings.Contains(w, "versioned K/V") }):
		return nil, absent("our Vault has nothing there: on a mount of KV version 2 the path is MOUNT/data/NAME")
	}
	metadata, _ := answer.Data["metadata"].(map[string]any)
	if _, versioned := metadata["version"]; !versioned {
		return answer.Data, nil
	}
	values, present := answer.Data["data"].(map[string]any)
	if !present {
		return nil, absent("our Vault has nothing there: the last version was deleted")
	}
	return values, nil
}

// textOf gives one value of a document.
func textOf(values map[string]any, key string) (string, error) {
	switch value := values[key].(type) {
	case nil:
		return "", absent("there is no such key")
	case string:
		if len(value) > maxBytes {
			return "", fmt.Errorf("larger than %d KiB", maxBytes>>10)
		}
		return value, nil
	case json.Number:
		return value.String(), nil
	}
	return "", errors.New("what stands there is no text")
}

// connect makes the client when it is first needed.
func (v *Vault) connect() (*api.Client, error) {
	v.connecting.Lock()
	defer v.connecting.Unlock()
	if v.client != nil {
		return v.client, nil
	}
	if v.Address == "" && api.ReadBaoVariable(api.EnvVaultAddress) == "" && api.ReadBaoVariable(api.EnvVaultAgentAddr) == "" {
		return nil, errors.New("nobody says where our Vault is: set secret_sources.vault.address or VAULT_ADDR")
	}
	c := api.DefaultConfig()
	if c == nil || c.Error != nil {
		return nil, errors.New("a variable VAULT_… or BAO_… of the environment, or a file that one names, can't be used")
	}
	c.MaxRetries = 0
	c.CheckRetry = func(context.Context, *http.Response, error) (bool, error) { return false, nil }
	if v.Address != "" {
		c.Address, c.AgentAddress = v.Address, ""
	}
	if v.CAFile != "" {
		if err := c.ConfigureTLS(&api.TLSConfig{CACert: v.CAFile}); err != nil {
			return nil, errors.New("the file of authorities for our Vault (ca_file) can't be used")
		}
	}
	c.HttpClient.Transport = bounded{c.HttpClient.Transport}
	client, err := api.NewClient(c)
	if err != nil {
		return nil, errors.New("the address of our Vault can't be used")
	}
	client.ClearToken() // each request has its own
	if v.Namespace != "" {
		client.SetNamespace(v.Namespace)
	}
	v.client = client
	return client, nil
}

// with asks with a token.
func with(client *api.Client, token string) *api.Logical {
	return client.WithRequestCallbacks(func(r *api.Request) { r.ClientToken = token }).Logical()
}

// token gives the token to ask with.
func (v *Vault) token(ctx context.Context, r *Reading, client *api.Client) (string, error) {
	switch {
	case v.Token != nil:
		return r.needed("the token for our Vault", *v.Token)
	case v.Login != nil:
		return v.logIn(ctx, r, client)
	}
	if token := api.ReadBaoVariable(api.EnvVaultToken); token != "" {
		return token, nil
	}
	return "", errors.New("there is no token for our Vault: set one under secret_sources.vault, or VAULT_TOKEN")
}

// logIn gives the token of the last login as long as it lasts, and logs in when that is
// nearly over. Who comes meanwhile waits for that login instead of making another one.
func (v *Vault) logIn(ctx context.Context, r *Reading, client *api.Client) (string, error) {
	v.loggingIn.Lock()
	defer v.loggingIn.Unlock()
	if v.issued != (issued{}) && (v.issued.until.IsZero() || time.Now().Before(v.issued.until)) {
		return v.issued.token, v.issued.refused
	}
	if ctx.Err() != nil {
		return "", errors.New("our Vault was not asked: the time was over while others logged in there")
	}
	fields := map[string]any{}
	for name, value := range v.Login.Plain {
		fields[name] = value
	}
	for name, ref := range v.Login.Secret {
		value, err := r.needed("the "+name+" for our Vault", ref)
		if err != nil {
			return "", err
		}
		fields[name] = value
	}
	answer, err := with(client, "").WriteWithContext(ctx, v.Login.Path, fields)
	if err != nil {
		return "", v.unissued(client, err)
	}
	if answer == nil || answer.Auth == nil || answer.Auth.ClientToken == "" {
		return "", fmt.Errorf("our Vault gave no token for the login at %s", v.Login.Path)
	}
	v.issued = issued{token: answer.Auth.ClientToken}
	if life := time.Duration(answer.Auth.LeaseDuration) * time.Second; life > 0 {
		v.issued.until = time.Now().Add(life * 4 / 5)
	}
	return v.issued.token, nil
}

// forget has the next login of ours to Vault be made, though the token should still last.
func (v *Vault) forget(token string) {
	v.loggingIn.Lock()
	defer v.loggingIn.Unlock()
	if v.issued.token == token {
		v.issued = issued{}
	}
}
