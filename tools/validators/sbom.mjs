// sbom.mjs PACKAGES FILE…: holds bills of materials against CycloneDX's own schema, in the
// library of CycloneDX, which refuses every key that the version does not know.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [packages, ...files] = process.argv.slice(2);
const { Validation } = createRequire(resolve(packages, 'package.json'))('@cyclonedx/cyclonedx-library');
for (const file of files) {
	const text = readFileSync(file, 'utf8');
	const wrong = await new Validation.JsonStrictValidator(JSON.parse(text).specVersion).validate(text);
	if (wrong) {
		console.log(`${file}: ${wrong[0]?.instancePath ?? ''} ${wrong[0]?.message ?? wrong}`);
		process.exitCode = 1;
	}
}
