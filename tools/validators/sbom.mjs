// sbom.mjs PACKAGES FILE: holds a bill of materials against CycloneDX's own schema, in the
// library of CycloneDX, which refuses every key that the version does not know.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [packages, file] = process.argv.slice(2);
const { Validation } = createRequire(resolve(packages, 'package.json'))('@cyclonedx/cyclonedx-library');
const text = readFileSync(file, 'utf8');
const wrong = await new Validation.JsonStrictValidator(JSON.parse(text).specVersion).validate(text);
if (wrong) {
	for (const e of Array.isArray(wrong) ? wrong : [wrong]) console.log(`${file}: ${e.instancePath ?? ''} ${e.message ?? e}`);
	process.exit(1);
}
