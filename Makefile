# Everything a developer types. The scripts behind it are in eng/.
.PHONY: run test drivers soak bench format clean image openapi

run: ## install what is missing, build, start Warren (ends with a URL)
	@eng/run

test: ## install what the tests need, run all of them; last line: N passed, N failed
	@eng/test

drivers: ## all of the drivers' tests, with those that take too long for 'make test'
	@eng/test drivers

soak: ## the long campaigns, in full
	@WARREN_SOAK=full eng/test soak

bench: ## measured distributions beside named baselines
	@eng/bench

format: ## bring the code into its one form
	@dotnet format Warren.slnx --no-restore --severity info

image: ## a container image with the server in it
	@eng/image

openapi: ## write the API's description and the web's client from it
	@eng/openapi

clean:
	@find . -type d \( -name bin -o -name obj \) -not -path '*/node_modules/*' -prune -exec rm -rf {} +
	@rm -rf artifacts src/web/dist src/web/node_modules tests/Web.Tests/node_modules
