import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve as resolvePath } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { HearthError } from '../../spec/errors.ts'
import { configSchema, environmentName, kebab, settingKeys, settingMeta } from './settings.ts'
import type { Config, SettingKey } from './settings.ts'
import { nearest, textToValue } from './text.ts'

/** Where a value came from; `name` is the flag, the variable or the file. */
export interface Source {
  readonly kind: 'flag' | 'environment' | 'file' | 'default'
  readonly name: string
}

export interface ResolvedConfig {
  readonly config: Config
  readonly sources: Readonly<Record<SettingKey, Source>>
  /** The file that was read, or where one would be read from. */
  readonly file: string
}

/** What the outside gives: tests pass all of it, the command line only `flags`. */
export interface ConfigInputs {
  /** Flags as typed, by setting key; `true` is a flag without a value. */
  readonly flags?: Readonly<Partial<Record<SettingKey | 'config', string | true>>>
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly hostName?: string
  /** Throws like `readFileSync`. */
  readonly readText?: (path: string) => string
}

/** Variables of ours that are not settings of a node. */
const otherVariables = /^HEARTH_(CONFIG|COMMAND|URL|USER|PASSWORD|TOKEN|DEVICE|SERVER|INVITE|CHAT_.*|TEST_.*|BENCH_.*)$/

const fileBytesMax = 64 * 1024

/**
 * The configuration of a node: flag over environment over hearth.toml over default. The file is `--config`,
 * `HEARTH_CONFIG`, or `hearth.toml` in the data folder. Throws CONFIG_INVALID with the key, the value and
 * what would be right.
 */
export const resolveConfig = (inputs: ConfigInputs = {}): ResolvedConfig => {
  const environment = inputs.environment ?? process.env
  const cwd = inputs.cwd ?? process.cwd()
  refuseUnknownVariables(environment)

  const given = { ...fromEnvironment(environment), ...fromFlags(inputs.flags ?? {}) }
  const named = text(inputs.flags?.config) ?? environment['HEARTH_CONFIG']
  const dataFolder = resolvePath(cwd, typeof given.data?.value === 'string' ? given.data.value : 'data')
  const file = named === undefined ? join(dataFolder, 'hearth.toml') : resolvePath(cwd, named)
  const content = readFile(file, named !== undefined, inputs.readText ?? ((path) => readFileSync(path, 'utf8')))
  const values: Values = { ...fromFile(file, content, named !== undefined), ...given }
  values.name ??= { value: handleOf(inputs.hostName ?? hostname()), source: { kind: 'default', name: 'the host name' } }

  const config = check(values)
  const sources = Object.fromEntries(
    settingKeys.map((key) => [key, values[key]?.source ?? { kind: 'default', name: 'default' }]),
  ) as Record<SettingKey, Source>
  const absolute = (key: 'data' | 'tlsCert' | 'tlsKey'): string | undefined => {
    const base = sources[key].kind === 'file' ? dirname(file) : cwd
    return config[key] === undefined ? undefined : resolvePath(base, config[key])
  }
  return {
    config: {
      ...config,
      data: absolute('data') ?? dataFolder,
      tlsCert: absolute('tlsCert'),
      tlsKey: absolute('tlsKey'),
    },
    sources,
    file,
  }
}

/** A host name as a handle: `Anna's Laptop.local` → `anna-s-laptop`. */
export const handleOf = (hostName: string): string => {
  const handle = (hostName.split('.')[0] ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 32)
  return handle === '' ? 'home' : handle
}

type Values = Partial<Record<SettingKey, { readonly value: unknown; readonly source: Source }>>

const fromFlags = (flags: NonNullable<ConfigInputs['flags']>): Values => {
  const values: Values = {}
  for (const key of settingKeys) {
    const typed = flags[key]
    if (typed === undefined) continue
    const value = typed === true ? true : textToValue(configSchema.shape[key], typed)
    values[key] = { value, source: { kind: 'flag', name: `--${kebab(key)}` } }
  }
  return values
}

const fromEnvironment = (environment: Readonly<Record<string, string | undefined>>): Values => {
  const values: Values = {}
  for (const key of settingKeys) {
    const name = environmentName(key)
    const typed = environment[name]
    if (typed === undefined || typed === '') continue
    values[key] = { value: textToValue(configSchema.shape[key], typed), source: { kind: 'environment', name } }
  }
  return values
}

const fromFile = (file: string, content: string, named: boolean): Values => {
  let table: Record<string, unknown>
  try {
    table = parse(content)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new HearthError(
      'CONFIG_INVALID',
      `${file} is not TOML, line ${error.line}: ${error.message.split('\n')[0] ?? ''}`,
      { cause: error },
    )
  }
  const names = settingKeys.map(kebab)
  const values: Values = {}
  for (const [name, value] of Object.entries(table)) {
    const key = settingKeys[names.indexOf(name)]
    if (key === undefined) throw unknown(`"${name}" in ${file}`, nearest(name, names))
    if (key === 'data' && !named) {
      throw new HearthError('CONFIG_INVALID', `data cannot be set in ${file}, which lies in the data folder itself`)
    }
    values[key] = { value, source: { kind: 'file', name: file } }
  }
  return values
}

const readFile = (file: string, mustExist: boolean, readText: (path: string) => string): string => {
  try {
    const content = readText(file)
    if (content.length <= fileBytesMax) return content
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && !mustExist) return ''
    throw new HearthError('CONFIG_INVALID', `cannot read the configuration ${file} (${code ?? String(error)})`, {
      cause: error,
    })
  }
  throw new HearthError('CONFIG_INVALID', `${file} is longer than ${fileBytesMax} bytes`)
}

const check = (values: Values): Config => {
  const plain = Object.fromEntries(Object.entries(values).map(([key, entry]) => [key, entry.value]))
  const parsed = configSchema.safeParse(plain)
  if (!parsed.success) {
    throw new HearthError(
      'CONFIG_INVALID',
      parsed.error.issues.map((issue) => refusal(issue.path[0] as SettingKey, values)).join('\n'),
    )
  }
  const config = parsed.data
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    const [has, lacks] = config.tlsCert === undefined ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key']
    throw new HearthError('CONFIG_INVALID', `${has} is set without ${lacks}; set both, or none for a self-signed one`)
  }
  const ports = (['httpPort', 'mqttPort', 'mqttsPort', 'p2pPort'] as const).filter((key) => config[key] !== 0)
  for (const [index, key] of ports.entries()) {
    const same = ports.slice(index + 1).find((other) => config[other] === config[key])
    if (same === undefined) continue
    throw new HearthError(
      'CONFIG_INVALID',
      `${kebab(key)} and ${kebab(same)} are both ${config[key]}; each needs a port of its own (0 picks a free one)`,
    )
  }
  return config
}

const refusal = (key: SettingKey, values: Values): string => {
  const entry = values[key]
  const shown = JSON.stringify(entry?.value)?.slice(0, 80) ?? 'undefined'
  const from = entry === undefined ? '' : ` (from ${entry.source.name})`
  return `${kebab(key)} = ${shown}${from}: must be ${settingMeta(key).expected}`
}

const refuseUnknownVariables = (environment: Readonly<Record<string, string | undefined>>): void => {
  const names = settingKeys.map(environmentName)
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('HEARTH_') || names.includes(name) || otherVariables.test(name)) continue
    throw unknown(`the environment variable ${name}`, nearest(name, names))
  }
}

const unknown = (what: string, near: string | undefined): HearthError =>
  new HearthError(
    'CONFIG_INVALID',
    `${what} is not a setting of Hearth${near === undefined ? '; see `hearth config show`' : `; did you mean ${near}?`}`,
  )

const text = (value: string | true | undefined): string | undefined => (value === true ? undefined : value)
