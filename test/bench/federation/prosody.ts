import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateIn } from './certificate.ts'
import { run } from './processes.ts'
import type { XmppDomains, XmppKind } from './xmpp-pair.ts'

/** Prosody as Debian ships it, without its rate limits: files, archives of everything, TLS and dialback between servers. */
export const prosody: XmppKind = {
  name: 'Prosody',
  about: 'file storage, archives on, no rate limits, s2s by TLS and dialback',
  near: { host: '127.0.0.11', rooms: '127.0.0.13' },
  far: { host: '127.0.0.12', rooms: '127.0.0.14' },
  start: async (domains, { folder }) => {
    const certificate = await certificateIn(folder)
    const data = join(folder, `prosody-${domains.host}`)
    await mkdir(data, { recursive: true })
    const config = join(folder, `prosody-${domains.host}.cfg.lua`)
    await writeFile(config, configuration(domains, data, certificate))
    return run({
      command: 'prosody',
      words: ['--config', config, '-F'],
      folder: data,
      listens: { host: domains.host, port: 5222 },
    })
  },
}

const configuration = (
  { host, rooms }: XmppDomains,
  data: string,
  { key, certificate }: { readonly key: string; readonly certificate: string },
): string => `data_path = "${data}"
pidfile = "${data}/prosody.pid"
run_as_root = ${String(process.getuid?.() === 0)}
log = { warn = "${data}/log" }
local_interfaces = { "${host}" }
c2s_interfaces = { "${host}" }
s2s_interfaces = { "${host}", "${rooms}" }
modules_enabled = { "roster", "saslauth", "tls", "dialback", "disco", "register", "mam", "ping", "posix", "offline" }
allow_registration = true
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
s2s_require_encryption = true
s2s_secure_auth = false
archive_expires_after = "never"
ssl = { certificate = "${certificate}", key = "${key}" }
VirtualHost "${host}"
Component "${rooms}" "muc"
  modules_enabled = { "muc_mam" }
  muc_log_by_default = true
  muc_log_expires_after = "never"
  max_archive_query_results = 250
  restrict_room_creation = false
  muc_room_locking = false
`
