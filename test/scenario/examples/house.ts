import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { NodeProcess } from '../../support/node-process.ts'
import { repository } from '../../support/repository.ts'

/** Where somebody reads a page: a folder `project` beside a clone `hearth`, and a node that is up. */
export interface House {
  readonly folder: string
  readonly node: NodeProcess
}

export const password = 'correct horse'

export const environmentOf = ({ folder, node }: House): Record<string, string> => {
  const { hostname, port } = new URL(node.ready.addresses.mqtt)
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HEARTH_'))
  return {
    ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ''])),
    PATH: [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    HEARTH_DATA: node.data,
    HEARTH_PASSWORD: password,
    NODE_HOST: hostname,
    NODE_PORT: port,
  }
}

/** The clients of Mosquitto, which go to the node of this house whatever port a page names. In a clone programs find `hearth`. */
export const furnish = async ({ folder }: House, isClone: boolean): Promise<void> => {
  await mkdir(join(folder, 'bin'))
  await mkdir(join(folder, 'project'))
  await symlink(repository, join(folder, 'hearth'))
  if (isClone) {
    await mkdir(join(folder, 'project', 'node_modules'))
    await symlink(repository, join(folder, 'project', 'node_modules', 'hearth'))
  }
  const write = async (file: string, text: string): Promise<void> => {
    await writeFile(file, `#!/bin/sh\n${text}\n`)
    await chmod(file, 0o755)
  }
  const cli = join(repository, 'node', 'cli', 'main.ts')
  await write(join(folder, 'project', 'hearth'), `exec ${process.execPath} ${cli} "$@"`)
  for (const [name, flags] of [
    ['mosquitto_pub', ''],
    ['mosquitto_rr', ''],
    ['mosquitto_sub', '-d'],
  ]) {
    const node = '-h "$NODE_HOST" -p "$NODE_PORT"'
    await write(join(folder, 'bin', name ?? ''), `exec stdbuf -oL /usr/bin/${name} "$@" ${node} ${flags}`)
  }
}
