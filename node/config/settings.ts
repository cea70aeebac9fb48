import { isIP } from 'node:net'
import { z } from 'zod'

/** What help, docs and refusals say about one setting. */
export type SettingMeta = {
  /** One line, no full stop. */
  readonly description: string
  /** What a right value is; completes "… must be". */
  readonly expected: string
  readonly placeholder: string
}

const about = (description: string, placeholder: string, expected: string): SettingMeta => ({
  description,
  placeholder,
  expected,
})

const port = (description: string, value: number) =>
  z
    .int()
    .min(0)
    .max(65_535)
    .default(value)
    .meta(about(description, 'PORT', 'a whole number from 0 to 65535 (0 picks a free port)'))

const multiaddrs = (description: string) =>
  z
    .string()
    .regex(/^(?:\/[^\s,]{1,512})?(?:,\/[^\s,]{1,512}){0,7}$/)
    .default('')
    .meta(about(description, 'ADDRESS,…', 'up to 8 multiaddrs, such as /dns4/home.example/tcp/4001, with commas'))

const path = z.string().min(1).max(4_096)

/**
 * Every setting of a node. A key `httpPort` is `http-port` in hearth.toml, `HEARTH_HTTP_PORT` in the
 * environment and `--http-port` on the command line; the flag wins over the environment, that over the file.
 */
export const configSchema = z.strictObject({
  data: path.default('data').meta(about('folder that holds all of the node', 'FOLDER', 'a path')),
  bind: z
    .string()
    .refine((text) => isIP(text) !== 0)
    .default('127.0.0.1')
    .meta(about('address to listen on', 'ADDRESS', 'an IP address, such as 127.0.0.1 or 0.0.0.0')),
  public: z
    .boolean()
    .default(false)
    .meta(about('listen on all addresses with TLS; plain text from this machine only', '', 'true or false')),
  httpPort: port('port of HTTP, HTTPS and WebSocket', 8_080),
  mqttPort: port('port of MQTT in plain text', 1_883),
  mqttsPort: port('port of MQTT over TLS', 8_883),
  p2pPort: port('port that other nodes dial', 4_001),
  federation: z
    .enum(['on', 'off'])
    .default('on')
    .meta(about('share servers with other nodes', 'ON|OFF', 'on or off')),
  announce: multiaddrs('addresses under which other nodes reach this one, besides those that it sees itself'),
  relayVia: multiaddrs('nodes that carry the connections of this one, which is behind NAT'),
  relay: z
    .boolean()
    .default(false)
    .meta(about('carry connections for nodes behind NAT', '', 'true or false')),
  mdns: z
    .boolean()
    .default(false)
    .meta(about('look for nodes on the local network, and be seen', '', 'true or false')),
  tlsCert: path.optional().meta(about('certificate file (PEM); one is made when absent', 'FILE', 'a path')),
  tlsKey: path.optional().meta(about('private key file (PEM) of that certificate', 'FILE', 'a path')),
  domain: z
    .string()
    .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .optional()
    .meta(about('domain name of the node: alice@DOMAIN', 'DOMAIN', 'a lower-case domain, such as home.example')),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)
    .default('home')
    .meta(
      about(
        'name of the node and of its first server (default: the host name)',
        'HANDLE',
        '1 to 32 of a-z 0-9 . _ - beginning with a letter or digit',
      ),
    ),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .meta(about('least severe line that is logged', 'LEVEL', 'debug, info, warn or error')),
  logFormat: z
    .enum(['auto', 'pretty', 'json'])
    .default('auto')
    .meta(about('how log lines look; auto is pretty on a terminal', 'FORMAT', 'auto, pretty or json')),
  connectionsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(15_000)
    .meta(about('connections held at a time', 'COUNT', 'a whole number from 1 to 1000000')),
  messageRate: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(50)
    .meta(about('messages a second that one account may send on average', 'COUNT', '0 (no limit) to 1000000')),
  messageBurst: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(500)
    .meta(about('messages that one account may send at once', 'COUNT', 'a whole number from 1 to 1000000')),
  diskFloorMib: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(64)
    .meta(about('free disk space in MiB below which writes are refused', 'MIB', 'a whole number from 1 to 1048576')),
})

export type Config = z.output<typeof configSchema>
export type SettingKey = keyof Config

export const settingKeys = Object.keys(configSchema.shape) as SettingKey[]

/** `httpPort` → `http-port`: the key in hearth.toml, and the flag without its dashes. */
export const kebab = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `httpPort` → `HEARTH_HTTP_PORT`. */
export const environmentName = (key: string): string => `HEARTH_${kebab(key).replaceAll('-', '_').toUpperCase()}`

export const settingMeta = (key: SettingKey): SettingMeta => configSchema.shape[key].meta() as unknown as SettingMeta
