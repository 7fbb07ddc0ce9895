#!/bin/sh
# Fills in what deploy/nginx/guitara.conf holds as an example, and becomes nginx.
#   GUITARA_NAME     the name browsers ask for
#   GUITARA_WEBS     the web processes, as "host:port host:port"
# The certificate is /etc/guitara/tls/fullchain.pem with privkey.pem beside it.
set -eu
servers=""
for web in $GUITARA_WEBS; do servers="${servers}server $web max_fails=1 fail_timeout=5s; "; done
sed -e "s|/etc/letsencrypt/live/guitara.example.org/|/etc/guitara/tls/|" \
    -e "s|guitara\.example\.org|$GUITARA_NAME|" \
    -e "s|server 127\.0\.0\.1:8001 .*|$servers|" \
    -e "/server 127\.0\.0\.1:8002 /d" \
    /etc/guitara/guitara.conf > /etc/nginx/conf.d/guitara.conf
exec nginx -g "daemon off;"
