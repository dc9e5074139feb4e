#pragma once
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/* Flags exist twice in these headers, as enumerators and as macros, which Swift takes for ambiguous. */
static inline int depot_tls_init_server(gnutls_session_t *session) {
    return gnutls_init(session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
}

static inline int depot_tls_init_client(gnutls_session_t *session) {
    return gnutls_init(session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
}

/* Ties a session to its descriptor, its credentials, its priorities, and HTTP/1.1 by name. */
static inline int depot_tls_prepare(
    gnutls_session_t session, int descriptor, gnutls_certificate_credentials_t credentials,
    gnutls_priority_t priorities, const gnutls_datum_t *ticket_key, unsigned int hello_byte_count_max) {
    static const char http[] = "http/1.1";
    gnutls_datum_t protocol = {(unsigned char *)http, sizeof http - 1};
    int result = gnutls_priority_set(session, priorities);
    if (result == 0) result = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    if (result == 0) result = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY);
    if (result == 0) result = gnutls_session_ticket_enable_server(session, ticket_key);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE);
    gnutls_handshake_set_max_packet_length(session, hello_byte_count_max);
    gnutls_transport_set_int(session, descriptor);
    return result;
}

/* Whether a handshake waits for room to write, and not for the peer. */
static inline int depot_tls_waits_to_write(gnutls_session_t session) {
    return gnutls_record_get_direction(session) == 1;
}

static inline int depot_x509_sign(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t key) {
    return gnutls_x509_crt_sign2(certificate, issuer, key, GNUTLS_DIG_SHA256, 0);
}

static inline int depot_x509_generate_p256(gnutls_x509_privkey_t key) {
    return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

enum {
    DEPOT_X509_AUTHORITY_USAGE = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN,
    DEPOT_X509_LEAF_USAGE = GNUTLS_KEY_DIGITAL_SIGNATURE,
};

/* gnutls_free is a variable that holds a function. */
static inline void depot_gnutls_free(void *memory) { gnutls_free(memory); }
