import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateIn } from './certificate.ts'
import { run } from './processes.ts'
import type { XmppDomains, XmppKind } from './xmpp-pair.ts'

/**
 * ejabberd with Debian's default storage (Mnesia), without its shapers. Run as an Erlang node without a name, so that no
 * epmd is started and nothing listens for other Erlang nodes.
 */
export const ejabberd: XmppKind = {
  name: 'ejabberd',
  about: 'Mnesia, archives on, no shapers, s2s by TLS and dialback',
  near: { host: '127.0.0.21', rooms: '127.0.0.23' },
  far: { host: '127.0.0.22', rooms: '127.0.0.24' },
  start: async (domains, { folder, membersPerSide }) => {
    const { key, certificate } = await certificateIn(folder)
    const data = join(folder, `ejabberd-${domains.host}`)
    await mkdir(data, { recursive: true })
    const both = join(data, 'both.pem')
    await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')))
    const config = join(data, 'ejabberd.yml')
    await writeFile(config, configuration(domains, both, membersPerSide * 2 + 10))
    return run({
      command: 'erl',
      words: [
        '-noinput',
        '+K',
        'true',
        '+P',
        '250000',
        '-mnesia',
        'dir',
        `"${join(data, 'mnesia')}"`,
        '-s',
        'ejabberd',
      ],
      environment: {
        HOME: data,
        EJABBERD_CONFIG_PATH: config,
        EJABBERD_LOG_PATH: join(data, 'ejabberd.log'),
        ERL_CRASH_DUMP: join(data, 'crash.dump'),
        ERL_LIBS: '/usr/lib/x86_64-linux-gnu',
      },
      folder: data,
      listens: { host: domains.host, port: 5222 },
    })
  },
}

const configuration = ({ host, rooms }: XmppDomains, pem: string, usersMax: number): string => `hosts: ["${host}"]
loglevel: error
certfiles: ["${pem}"]
listen:
  - {port: 5222, ip: "${host}", module: ejabberd_c2s, max_stanza_size: infinity, shaper: none, access: all}
  - {port: 5269, ip: "${host}", module: ejabberd_s2s_in, max_stanza_size: infinity, shaper: none}
  - {port: 5269, ip: "${rooms}", module: ejabberd_s2s_in, max_stanza_size: infinity, shaper: none}
s2s_use_starttls: required
auth_method: internal
registration_timeout: infinity
modules:
  mod_disco: {}
  mod_ping: {}
  mod_register: {ip_access: all, access: all}
  mod_roster: {}
  mod_offline: {}
  mod_mam: {default: always}
  mod_muc:
    hosts: ["${rooms}"]
    access: all
    access_create: all
    max_users: ${usersMax}
    history_size: 0
    default_room_options: {mam: true, persistent: true, max_users: ${usersMax}}
  mod_s2s_dialback: {}
`
