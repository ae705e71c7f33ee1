package secure

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity is how long certificates hold. They are made for one desk, whose clients are
// told whom to trust, so nobody but their owner has to renew them.
const validity = 10 * 365 * 24 * time.Hour

// certificates makes an authority and the server's certificate, or keeps those that are
// there.
func (w *writer) certificates() error {
	if w.o.Keep {
		if _, err := os.Stat(filepath.Join(w.dir, ServerKeyFile)); err == nil {
			return nil
		}
	}
	now := time.Now()
	authority := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "copydesk authority"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	caKey, err := w.certificate(authority, authority, nil, CAFile, CAKeyFile)
	if err != nil {
		return err
	}
	server := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "copydesk NATS server"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range w.o.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, host)
		}
	}
	_, err = w.certificate(server, authority, caKey, ServerFile, ServerKeyFile)
	return err
}

// certificate makes a key and a certificate that issuer's key has signed; without one it
// signs itself.
func (w *writer) certificate(c, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey, certFile, keyFile string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", certFile, err)
	}
	if issuerKey == nil {
		issuerKey = key
	}
	if c.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, fmt.Errorf("make %s: %w", certFile, err)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", certFile, err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", certFile, err)
	}
	if err := w.file(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return nil, err
	}
	return key, w.file(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}
