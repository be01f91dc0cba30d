/* SPDX-License-Identifier: MIT
 * Whether answers are of the types that @nktkas/hyperliquid declares for them: the SDK looks at no answer itself, but its declarations
 * say what it expects, with a pattern for each text. TypeScript's compiler is asked. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = import.meta.dirname
const options = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext,
	moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] }

/* Texts of value that break the pattern which their declaration in type has. */
function* misfits(checker, type, value, path) {
	if (!type)
		return
	if (type.isUnion() && typeof value === 'object') {
		const tries = type.types.map(t => [...misfits(checker, t, value, path)])
		yield* tries.reduce((a, b) => a.length <= b.length ? a : b)
	} else if (Array.isArray(value)) {
		for (const [k, v] of value.entries())
			yield* misfits(checker, checker.isTupleType(type) ? checker.getTypeArguments(type)[k]
				: checker.getIndexTypeOfType(type, ts.IndexKind.Number), v, `${path}[${k}]`)
	} else if (value && typeof value === 'object') {
		for (const [key, v] of Object.entries(value)) {
			const property = type.getProperty(key)
			const declared = property && checker.getTypeOfSymbol(property)
			const pattern = property?.getJsDocTags(checker).find(t => t.name === 'pattern')?.text?.[0].text
			if (typeof v === 'string' && pattern && !new RegExp(pattern).test(v))
				yield `${path}.${key}: "${v}" is not ${pattern}`
			yield* misfits(checker, declared, v, `${path}.${key}`)
		}
	}
}

/* of(module) collects answers: add(type, value). check() fails with all that is wrong with them. */
export function of(module) {
	const samples = []
	return {
		add(type, value) {
			samples.push({ type, value })
			return value
		},
		check() {
			assert.ok(samples.length)
			const file = join(root, `answers-${module}-${process.pid}.ts`)
			const names = [...new Set(samples.map(s => s.type))]
			writeFileSync(file, `import type { ${names.join(', ')} } from '@nktkas/hyperliquid/api/${module}'\n`
				+ samples.map(({ type, value }, k) => `export const a${k}: ${type} = ${JSON.stringify(value)}\n`).join(''))
			try {
				const program = ts.createProgram([file], options), checker = program.getTypeChecker()
				const of_line = d => samples[line(d) - 1]?.type
				const wrong = ts.getPreEmitDiagnostics(program).map(d => `${of_line(d)}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`)
				for (const [k, s] of program.getSourceFile(file).statements.filter(ts.isVariableStatement).entries()) {
					const declared = checker.getTypeAtLocation(s.declarationList.declarations[0])
					wrong.push(...misfits(checker, declared, samples[k].value, samples[k].type))
				}
				assert.deepEqual([...new Set(wrong)], [])
			} finally {
				rmSync(file)
			}
		},
	}
}
const line = d => d.file ? d.file.getLineAndCharacterOfPosition(d.start).line : 0
