package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const lifetime = 365 * 24 * time.Hour

// An authority of the cluster's own and what it signs: the API server, at these addresses; the API server as a client of the
// kubelet; the kubelet; and the key of service accounts.
func writeKeys(folder string, addresses []string) error {
	key, err := writeKey(folder, "ca")
	if err != nil {
		return err
	}
	authority := template(pkix.Name{CommonName: "stemcell-test-cluster"})
	authority.IsCA = true
	authority.BasicConstraintsValid = true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	if err := writeCertificate(folder, "ca", authority, authority, key, key); err != nil {
		return err
	}
	server := template(pkix.Name{CommonName: "kube-apiserver"})
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	for _, address := range addresses {
		server.IPAddresses = append(server.IPAddresses, net.ParseIP(address))
	}
	client := template(pkix.Name{CommonName: "kube-apiserver-kubelet-client", Organization: []string{"system:masters"}})
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	node := template(pkix.Name{CommonName: "kubelet"})
	node.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	node.IPAddresses = server.IPAddresses
	for name, certificate := range map[string]*x509.Certificate{"apiserver": server, "kubelet-client": client, "kubelet": node} {
		own, err := writeKey(folder, name)
		if err != nil {
			return err
		}
		if err := writeCertificate(folder, name, certificate, authority, own, key); err != nil {
			return err
		}
	}
	_, err = writeKey(folder, "service-accounts")
	return err
}

func template(subject pkix.Name) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func writeKey(folder, name string) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	bytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePem(folder, name+".key", "EC PRIVATE KEY", bytes)
}

func writeCertificate(folder, name string, certificate, parent *x509.Certificate, own, signer crypto.Signer) error {
	bytes, err := x509.CreateCertificate(rand.Reader, certificate, parent, own.Public(), signer)
	if err != nil {
		return err
	}
	return writePem(folder, name+".crt", "CERTIFICATE", bytes)
}

func writePem(folder, name, kind string, bytes []byte) error {
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	return os.WriteFile(filepath.Join(folder, name), block, 0o600)
}
