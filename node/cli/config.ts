import { loadCertificate } from '../data-folder/certificate.ts'
import { layoutOf } from '../data-folder/layout.ts'
import { resolveConfig } from '../config/resolve.ts'
import type { ResolvedConfig } from '../config/resolve.ts'
import { environmentName, kebab, settingKeys, settingMeta } from '../config/settings.ts'
import { paintFor, wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { jsonText, tableText } from './print.ts'

/** The configuration that this command line would start with. Throws CONFIG_INVALID. */
export const configFor = (invocation: Invocation, io: CliIo): ResolvedConfig =>
  resolveConfig({
    flags: {
      ...invocation.typed,
      ...(invocation.common.data === undefined ? {} : { data: invocation.common.data }),
    },
    environment: io.env,
    cwd: io.cwd,
  })

export const showConfig = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { config, sources, file } = configFor(invocation, io)
  const rows = settingKeys.map((key) => ({
    key: kebab(key),
    value: config[key],
    source: sources[key].kind,
    from: sources[key].name,
    variable: environmentName(key),
    about: settingMeta(key).description,
  }))
  if (invocation.common.json === true) {
    io.stdout.write(`${jsonText({ file, settings: rows }, io.stdout)}\n`)
    return 0
  }
  const columns = [
    { key: 'key', title: 'SETTING' },
    { key: 'value', title: 'VALUE' },
    { key: 'from', title: 'FROM' },
    { key: 'about', title: 'WHAT IT IS' },
  ]
  io.stdout.write(`${tableText(columns, rows, paintFor(wantsColour(io, io.stdout)))}\n`)
  io.stderr.write(`File: ${file}; environment: HEARTH_HTTP_PORT and so on; flags: --http-port and so on.\n`)
  return 0
}

export const checkConfig = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { config, file } = configFor(invocation, io)
  // Own files are read and matched; none is made here.
  if (config.tlsCert !== undefined) await loadCertificate(layoutOf(config.data), config, Date)
  if (invocation.common.json === true) io.stdout.write(`${jsonText({ ok: true, file, config }, io.stdout)}\n`)
  else io.stdout.write(`the configuration is good (${file})\n`)
  return 0
}
