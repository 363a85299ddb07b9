// Command vault serves Vault's own core, its HTTP API and its KV version 2 engine from memory: what
// `vault server -dev` serves, without the other engines, the storage back ends and the command line.
//
//	vault ADDRESS TOKEN
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	log "github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/helper/namespace"
	"github.com/hashicorp/vault/helper/testhelpers/corehelpers"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address, token string) error {
	logger := log.New(&log.LoggerOptions{Level: log.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:        storage,
		LogicalBackends: map[string]logical.Factory{"kv": kv.Factory},
		BuiltinRegistry: corehelpers.NewMockBuiltinRegistry(),
		Logger:          logger,
		DisableMlock:    true,
	})
	if err != nil {
		return err
	}
	root, err := unseal(core)
	if err != nil {
		return err
	}
	if err := prepare(core, root, token); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return http.Serve(listener, vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{},
	}))
}

// unseal sets the core up with one key share and returns the root token.
func unseal(core *vault.Core) (string, error) {
	one := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1, StoredShares: 0}
	result, err := core.Initialize(context.Background(), &vault.InitParams{
		BarrierConfig:    one,
		RecoveryConfig:   &vault.SealConfig{},
		LegacyShamirSeal: true,
	})
	if err != nil {
		return "", err
	}
	if _, err := core.Unseal(result.SecretShares[0]); err != nil {
		return "", err
	}
	return result.RootToken, nil
}

// prepare makes the token that the caller wants and mounts KV version 2 at secret/.
func prepare(core *vault.Core, root, token string) error {
	for path, data := range map[string]map[string]any{
		"auth/token/create": {"id": token, "policies": []string{"root"}, "no_parent": true},
		"sys/mounts/secret": {"type": "kv", "options": map[string]string{"version": "2"}},
	} {
		response, err := core.HandleRequest(namespace.RootContext(context.Background()), &logical.Request{
			Operation: logical.UpdateOperation, ClientToken: root, Path: path, Data: data,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if response != nil && response.IsError() {
			return fmt.Errorf("%s: %w", path, response.Error())
		}
	}
	return nil
}
