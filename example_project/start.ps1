# One command to start:
#   .\start.ps1           the site, its worker and its beat on this machine; needs Python 3.11 or newer, and no server
#   .\start.ps1 docker    all of docker-compose.yml
#   .\start.ps1 prod      all of docker-compose.prod.yml, in the background; needs a filled-in .env
# Where scripts are not allowed: powershell -ExecutionPolicy Bypass -File start.ps1
param([ValidateSet("local", "docker", "prod")][string]$How = "local")

$ErrorActionPreference = "Stop"
Set-Location $PSScriptRoot

function Stop-OnFailure { if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE } }

switch ($How) {
    "local" {
        $python = ".venv\Scripts\python.exe"
        if (-not (Test-Path $python)) {
            python -m venv .venv
            Stop-OnFailure
        }
        # The checkout around this folder, else what is on PyPI.
        $package = if (Test-Path "..\src\django_adbudget\__init__.py") { @("--editable", "..") } else { @() }
        & $python -m pip install --quiet --disable-pip-version-check @package --requirement packaging\requirements\requirements-dev.txt
        Stop-OnFailure
        & $python serve.py
        exit $LASTEXITCODE
    }
    "docker" {
        if (-not (Test-Path ".env")) { Copy-Item "packaging\environments\env.dev.example" ".env" }
        docker compose up --build
        exit $LASTEXITCODE
    }
    "prod" {
        if (-not (Test-Path ".env")) {
            Write-Error "There is no .env: copy packaging\environments\env.prod.example to .env, and fill it in."
        }
        docker compose --file docker-compose.prod.yml up --build --detach --wait
        exit $LASTEXITCODE
    }
}
